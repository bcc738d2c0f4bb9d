// syntax of the first Node with modules on purpose: an old one must get far enough to print the sentence below
import { supportedNode, supports } from './src/node-version.js';

if (supports(process.versions.node)) {
  void import('./src/main.js').then(launcher => launcher.main(process.argv[2], process.argv.slice(3)));
} else {
  process.stderr.write('MiniGPT-4 needs Node ' + supportedNode + '; this is Node ' + process.versions.node + '.\n');
  process.exitCode = 1;
}
