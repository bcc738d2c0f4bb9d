import { MiniGPT4Error } from '@minigpt4/core';
import { measureStage, type StageFigures } from '../stages/measure-stage.js';
import { figures, peerScript, torchVersion } from '../peer.js';
import { stageShapes } from '../shapes.js';
import { megabytes, ratioCell, tableLine } from '../table.js';

/** Options of {@link stagesCommand}. */
export interface StagesOptions {
  /** Only stages whose name contains this. */
  readonly only?: string;
  /** Threads inside one operation, for both sides. */
  readonly threads: number;
  /** The Python to look for PyTorch in. */
  readonly python: string;
  /** Prints one JSON object instead of a table. */
  readonly json: boolean;
}

interface Row {
  readonly stage: string;
  readonly gigaOperations: number;
  readonly ours: StageFigures;
  readonly pytorch?: Omit<StageFigures, 'weightBytes'>;
}

/** Measures one stage in this process and prints its figures as JSON: what {@link stagesCommand} starts for each. */
export async function measureCommand(stage: string, threads: number): Promise<void> {
  const make = stageShapes[stage];
  if (make === undefined) {
    throw new MiniGPT4Error(
      'STAGE_UNKNOWN',
      `bench measure: no such stage, expected one of ${Object.keys(stageShapes).join(' | ')}, got "${stage}". Correct the name.`,
    );
  }
  process.stdout.write(`${JSON.stringify(await measureStage(make(), threads))}\n`);
}

/** Time and memory of every stage, each in a process of its own, and of PyTorch's version right after it. */
export async function stagesCommand({ only = '', threads, python, json }: StagesOptions): Promise<void> {
  const torch = await torchVersion(python);
  if (torch === undefined) process.stderr.write(`PyTorch is not installed for "${python}": no comparison\n`);
  const rows: Row[] = [];
  if (!json)
    process.stdout.write(`${threads} threads, float32${torch === undefined ? '' : `, PyTorch ${torch}`}\n${heading}\n`);
  for (const stage of Object.keys(stageShapes).filter(name => name.includes(only))) {
    const ours = await figures<StageFigures>(process.execPath, [process.argv[1]!, 'measure', stage, `${threads}`]);
    const pytorch =
      torch === undefined
        ? undefined
        : await figures<StageFigures>(python, [peerScript('stages.py'), stage, `${threads}`]);
    const { gigaOperations } = stageShapes[stage]!();
    const row = { stage, gigaOperations, ours, ...(pytorch === undefined ? {} : { pytorch }) };
    rows.push(row);
    if (!json) process.stdout.write(`${tableRow(row)}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify({ threads, torch, rows })}\n`);
}

const columns = [
  'stage',
  'load s',
  'run ms',
  'GFLOP/s',
  'weights MB',
  'peak MB',
  'PyTorch ms',
  'speed',
  'peak MB',
  'memory',
];
const widths = [38, 7, 9, 8, 11, 8, 11, 7, 8, 7];
const heading = tableLine(columns, widths);

/** Speed is PyTorch's time over ours, memory ours over PyTorch's. */
function tableRow({ stage, gigaOperations, ours, pytorch }: Row): string {
  const peer =
    pytorch === undefined
      ? ['-', '-', '-', '-']
      : [
          pytorch.runMs.toFixed(2),
          ratioCell(pytorch.runMs / ours.runMs),
          megabytes(pytorch.peakBytes),
          ratioCell(ours.peakBytes / pytorch.peakBytes),
        ];
  const cells = [
    stage,
    ours.loadSeconds.toFixed(2),
    ours.runMs.toFixed(2),
    ((2000 * gigaOperations) / ours.runMs).toFixed(0),
    megabytes(ours.weightBytes),
    megabytes(ours.peakBytes),
    ...peer,
  ];
  return tableLine(cells, widths);
}
