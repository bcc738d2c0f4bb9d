import { library, sourceChildren } from '@minigpt4/vitest-config';

export default library({ env: sourceChildren });
