import { library } from '@minigpt4/tsup-config';

// the engine starts child.js, which it looks for beside itself
export default library({ entry: ['src/index.ts', 'src/child.ts'] });
