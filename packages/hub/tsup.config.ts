import { library } from '@minigpt4/tsup-config';

export default library();
