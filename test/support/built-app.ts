import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const ROOT = new URL('../../', import.meta.url).pathname;
const SOURCES = /^(package\.json|nest-cli\.json|tsconfig.*\.json|libs|sample-app)$/;

/** The project as `npm run build` makes it, in a copy, so that no other test or build meets it half done. */
export class BuiltApp {
  private constructor(readonly directory: string) {}

  static async build(): Promise<BuiltApp> {
    const directory = await mkdtemp(join(tmpdir(), 'ses-built-'));
    for (const name of await readdir(ROOT)) {
      if (SOURCES.test(name)) await cp(join(ROOT, name), join(directory, name), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    await promisify(execFile)('npm', ['run', 'build'], { cwd: directory });
    return new BuiltApp(directory);
  }

  /** `node dist/sample-app/main.js`, as `npm start` runs it. */
  start(env: NodeJS.ProcessEnv): RunningProcess {
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, ['dist/sample-app/main.js'], {
      cwd: this.directory,
      env: { PATH, HOME, ...env },
    });
    return new RunningProcess(child);
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}

/** A process, with what it prints. */
export class RunningProcess {
  readonly stdout: string[] = [];
  stderr = '';
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;

  constructor(private readonly child: ChildProcess) {
    child.stderr!.on('data', (chunk) => (this.stderr += String(chunk)));
    this.ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  }

  /** The first line it prints. Rejects, with what it complained of, if it ends without one. */
  async firstLine(): Promise<string> {
    const lines = createInterface({ input: this.child.stdout! }).on('line', (line) => this.stdout.push(line));
    await Promise.race([once(lines, 'line'), this.ended]);
    if (this.stdout.length === 0) throw new Error(`It ended without a line: ${this.stderr}`);
    return this.stdout[0]!;
  }

  end(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}
