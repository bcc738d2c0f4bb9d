import { register } from 'node:module';

// Node starts here when a test's environment has `sourceChildren`, so that what it starts can be TypeScript
register('./source-hooks.js', import.meta.url);
