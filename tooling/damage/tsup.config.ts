import { library } from '@minigpt4/tsup-config';

export default library({ entry: ['src/main.ts', 'src/child.ts'] });
