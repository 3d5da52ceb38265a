import { simulate, SIMULATE_USAGE } from './simulate.js';
import { UsageError } from './usage-error.js';

/** Where a command prints, and what tells it to end. */
export interface CliContext {
  out: (line: string) => void;
  err: (line: string) => void;
  signal: AbortSignal;
}

const USAGE = `Usage: ses-reputation <command> [options]

Commands:
  simulate   run a local Amazon SES and SNS

ses-reputation <command> --help tells a command's options.`;

/** Runs one command. Gives the exit code: 0 done, 2 wrong usage. Throws what stops a command half-way. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  const [command, ...rest] = args;
  if (command === '--help' || command === '-h' || command === 'help') {
    context.out(USAGE);
    return 0;
  }
  if (command !== 'simulate') {
    context.err(command === undefined ? USAGE : `ses-reputation: unknown command "${command}"\n\n${USAGE}`);
    return 2;
  }
  try {
    return await simulate(rest, context);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    context.err(`ses-reputation simulate: ${error.message}\n\n${SIMULATE_USAGE}`);
    return 2;
  }
}
