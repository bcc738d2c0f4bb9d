import { library } from '@minigpt4/tsup-config';

export default library({ entry: ['src/index.ts', 'src/gguf/index.ts', 'src/merge/index.ts'] });
