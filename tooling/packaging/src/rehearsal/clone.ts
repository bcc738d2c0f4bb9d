import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.js';

/** A clean clone of the repository, in which a release is made. */
export class Clone {
  private constructor(
    readonly folder: string,
    private readonly packageManager: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Clones the last commit of the repository at `root` and installs what it needs. */
  static async make(root: string, folder: string, signal: AbortSignal): Promise<Clone> {
    await succeed('git', ['clone', '--quiet', '--no-hardlinks', root, folder], root, signal);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { packageManager: string };
    const clone = new Clone(folder, manifest.packageManager, signal);
    await clone.pnpm('install', '--frozen-lockfile');
    return clone;
  }

  /** Builds what is published. */
  async build(): Promise<void> {
    const filters = ['--filter=./packages/*', '--filter=./apps/*'];
    await this.pnpm('exec', 'turbo', 'run', 'build', ...filters, '--output-logs=errors-only');
  }

  /** Sends everything that is published to the registry at `url` from now on. */
  async publishTo(url: string): Promise<void> {
    const login = `${url.replace(/^https?:/, '')}:_authToken=rehearsal`;
    // provenance is a statement of the release workflow's machine, which this is not
    await writeFile(join(this.folder, '.npmrc'), `registry=${url}\n${login}\nprovenance=false\n`);
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', 'publish on this machine');
  }

  /** Notes a change of one package, as `npm run changeset` does. */
  async addChangeset(name: string, bump: 'patch' | 'minor'): Promise<void> {
    const text = `---\n'${name}': ${bump}\n---\n\nA change for the rehearsal.\n`;
    await writeFile(join(this.folder, '.changeset', 'rehearsal.md'), text);
  }

  /** What the release workflow does: versions from the changesets, a build, and everything new to the registry. */
  async release(): Promise<void> {
    await this.pnpm('exec', 'changeset', 'version');
    await this.build();
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', 'next versions');
    await this.pnpm('exec', 'changeset', 'publish');
  }

  /** Runs pnpm as the repository's own scripts do, so that it is on the PATH of what it runs. */
  private async pnpm(...args: readonly string[]): Promise<void> {
    await succeed('npx', ['--yes', '--prefer-offline', this.packageManager, ...args], this.folder, this.signal);
  }

  private async git(...args: readonly string[]): Promise<void> {
    const identity = [
      '-c',
      'user.name=rehearsal',
      '-c',
      'user.email=rehearsal@localhost',
      '-c',
      'commit.gpgsign=false',
    ];
    await succeed('git', [...identity, ...args], this.folder, this.signal);
  }
}

/** Runs a command that must end well. */
async function succeed(file: string, args: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  const env = { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1' };
  const { exitCode, stdout, stderr } = await run(file, args, { cwd, env, signal });
  if (exitCode === 0) return;
  throw new Error(
    `rehearse: exit code 0 expected, got ${exitCode}, from ${file} ${args.join(' ')}.\n${stdout}${stderr}`,
  );
}
