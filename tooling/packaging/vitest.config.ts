import { library } from '@minigpt4/vitest-config';

// npm installs fill the two cores of a small machine by themselves
export default library({ maxConcurrency: 2, testTimeout: 180_000, hookTimeout: 300_000 });
