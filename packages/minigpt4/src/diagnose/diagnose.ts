import type { DescribeOptions, ModelDescription } from '../model/model-description.js';
import { failureOf, worst, type Diagnosis, type Finding, type LanguageModelIdentity } from './diagnosis.js';
import { machineFindings } from './machine-findings.js';
import type { MemoryEstimate } from './memory-estimate.js';

/** Options of {@link diagnose}. */
export interface DiagnoseOptions extends DescribeOptions {
  /** Directory that a relative source starts from. Defaults to the current one. */
  readonly from?: string;
}

/** What is known of a model. */
interface ModelDiagnosis {
  readonly findings: readonly Finding[];
  readonly languageModel?: LanguageModelIdentity;
  readonly memory?: MemoryEstimate;
}

/**
 * Looks at a model before it is loaded, and at the machine: which language model it is, whether the parts belong
 * together and are whole, how much memory they take, and whether the libraries work. Takes what `loadMiniGPT4` takes;
 * reads tables of contents and some rows, so that it takes seconds for many gigabytes. What is wrong is a finding, not an error.
 *
 * @example
 * const { level, findings } = await diagnose('models/vicuna-7b');
 * for (const { level, code, message, fix } of findings) console.log(level, code, message, fix ?? '');
 */
export async function diagnose(source: string, options: DiagnoseOptions = {}): Promise<Diagnosis> {
  const findings = await machineFindings();
  const broken = findings.some(({ level, code }) => level === 'failure' && code !== 'NODE_VERSION');
  // the model code cannot even be imported without its libraries
  const model: ModelDiagnosis = broken ? { findings: [] } : await diagnoseModel(source, options);
  const all = [...findings, ...model.findings];
  const { languageModel, memory } = model;
  return {
    source,
    level: worst(all),
    findings: all,
    ...(languageModel && { languageModel }),
    ...(memory && { memory }),
  };
}

async function diagnoseModel(source: string, options: DiagnoseOptions): Promise<ModelDiagnosis> {
  const { describeSource } = await import('./describe-source.js');
  try {
    const described = await describeSource(source, options);
    return await diagnoseParts(described);
  } catch (error) {
    return { findings: [failureOf(error)] };
  }
}

/** What a source stands for: a whole model, or a language model alone. */
export interface DescribedSource {
  readonly name: string;
  readonly llmPath: string;
  readonly llm: ModelDescription['config']['llm'];
  /** Absent for a language model alone. */
  readonly whole?: ModelDescription;
}

async function diagnoseParts({ name, llmPath, llm, whole }: DescribedSource): Promise<ModelDiagnosis> {
  const { fine } = await import('./diagnosis.js');
  const { graphsOf, languageFindings, pictureFindings } = await import('./model-findings.js');
  const { availableMemory, estimateMemory, memoryFinding } = await import('./memory-estimate.js');
  const memory = estimateMemory(graphsOf(llm, whole), llm, availableMemory());
  const variant = whole?.config.qformer === undefined ? 'patches' : 'qformer';
  const words = await languageFindings(llmPath, llm, whole === undefined ? 'none' : variant);
  const kind = whole === undefined ? 'a language model alone, which reads no pictures' : 'a whole model';
  const findings = [
    fine('MODEL', `${name}: ${kind}`),
    memoryFinding(memory),
    ...(whole === undefined ? [] : await pictureFindings(whole)),
    ...words.findings,
  ];
  return { findings, memory, ...(words.languageModel && { languageModel: words.languageModel }) };
}
