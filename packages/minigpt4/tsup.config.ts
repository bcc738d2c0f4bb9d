import { library } from '@minigpt4/tsup-config';

export default library({
  entry: ['src/index.ts', 'src/language/index.ts', 'src/chat/index.ts', 'src/diagnose/index.ts'],
});
