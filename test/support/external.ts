import { spawnSync } from 'node:child_process';

/**
 * Whether a command is on this machine and answers. If not, says on stderr what is left out, so that a run
 * without the tool does not look like a run with it.
 */
export function hasCommand(name: string, args: string[] = ['--version']): boolean {
  const { error, status } = spawnSync(name, args, { stdio: 'ignore' });
  if (!error && status === 0) return true;
  leftOut([name, ...args].join(' '), error ? 'not installed' : `it ended with ${status}`);
  return false;
}

/** The line that a run prints for what it did not check. */
export function leftOut(what: string, why: string): void {
  process.stderr.write(`left out: ${what} (${why})\n`);
}
