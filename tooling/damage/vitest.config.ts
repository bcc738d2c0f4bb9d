import { library } from '@minigpt4/vitest-config';

export default library();
