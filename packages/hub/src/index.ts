export { hubCacheDirectory } from './cache-layout.js';
export { downloadFile, downloadSnapshot, type SnapshotOptions } from './download.js';
export type { DownloadProgress, HubOptions } from './hub-options.js';
