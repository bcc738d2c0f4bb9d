import { serveParent } from './child/serve-parent.js';

serveParent(process);
