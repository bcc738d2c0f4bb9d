import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.js';

/** npm could not reach its registry: nothing is known of the packages. */
export class RegistryUnreachableError extends Error {
  override readonly name = 'RegistryUnreachableError';
}

/** Options of {@link npmInstall}. */
export interface InstallOptions {
  /** What the folder's `package.json` asks for. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Where packages below those come from. Defaults to the registry. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Added to npm's command line. */
  readonly args?: readonly string[];
  /** Ends the installation early. */
  readonly signal?: AbortSignal;
}

const unreachable =
  /npm error code (ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|E50[234])/;

/** Whether npm's registry answers now. */
export async function registryAnswers(cwd: string): Promise<boolean> {
  const args = ['view', 'pure-rand', 'version', '--prefer-online', '--fetch-retries=0', '--fetch-timeout=10000'];
  return (await run('npm', args, { cwd })).exitCode === 0;
}

/**
 * Installs packages with npm in a folder that has nothing yet.
 *
 * @throws `RegistryUnreachableError` when the registry does not answer, an Error with what npm printed when it fails otherwise
 */
export async function npmInstall(
  folder: string,
  { dependencies, overrides = {}, args = [], ...options }: InstallOptions,
): Promise<void> {
  const manifest = { name: 'stranger', private: true, type: 'module', dependencies, overrides };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const { exitCode, stderr } = await run('npm', ['install', ...quick, ...args], { cwd: folder, ...options });
  if (exitCode === 0) return;
  const Failed = unreachable.test(stderr) ? RegistryUnreachableError : Error;
  throw new Failed(`npm install: exit code 0 expected, got ${exitCode}. npm said:\n${stderr}`);
}
