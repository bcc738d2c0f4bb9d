#!/usr/bin/env node
// answers the number 1, hangs on 2, dies of 3; does not even start when told to refuse
if (process.argv[2] === 'refuse') process.exit(4);
process.on('message', number => {
  for (; number === 2; );
  if (number === 3) process.exit(7);
  process.send({ damage: 'none', verdict: { kind: 'whole' }, milliseconds: 1, peakBytes: 0 });
});
process.send('ready');
