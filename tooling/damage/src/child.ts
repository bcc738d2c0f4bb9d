import { hostileTrials } from './hostile/try-hostile.js';
import { checkpointKinds } from './originals.js';
import { prepareTrials } from './trials.js';

// started by `Supervised`: kind, folder and seed as arguments; a number comes, a trial goes back
const [name = '', folder = '', seed = ''] = process.argv.slice(2);
const kind = checkpointKinds.find(known => known.name === name);
const runTrial = kind ? await prepareTrials(kind, folder, Number(seed)) : hostileTrials(folder);

process.on('message', (number: number) => {
  void runTrial(number).then(trial => process.send?.(trial));
});
process.send?.('ready');
