#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`minigpt4-trainer needs Node 20.19 or newer, this is ${process.versions.node}.\n`);
  process.exit(1);
}
const { runInProcess } = await import('./command-line/run-in-process.js');
await runInProcess(new URL('../package.json', import.meta.url));
