import { library } from '@minigpt4/tsup-config';

// the page is a folder of its own, so that nothing in it can refer to code of the server
export default [
  library({ entry: ['src/main.ts', 'src/index.ts'], clean: ['!page/**'] }),
  library({
    entry: ['src/page/index.html', 'src/page/chat.css', 'src/page/chat.ts'],
    outDir: 'dist/page',
    platform: 'browser',
    loader: { '.html': 'copy' },
  }),
];
