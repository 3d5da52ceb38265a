import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SesSimulator } from '../testing/ses-simulator.js';
import type { CliContext } from './run-cli.js';
import { untilReachable } from './until-reachable.js';
import { UsageError } from './usage-error.js';

export const SIMULATE_USAGE = `Usage: ses-reputation simulate [options]

Runs a local Amazon SES (API v2) and SNS on 127.0.0.1 until it is interrupted.

  --port <number>     port to listen on, 0 for a free one (default 4579)
  --region <name>     region it plays (default us-east-1)
  --account <digits>  account id of twelve digits (default 123456789012)
  --post-to <url>     subscribe this URL to the feedback topic; can be given several times
  --rate <number>     recipients a second, MaxSendRate (default 14)
  --quota <number>    recipients in 24 hours, -1 for no limit (default 50000)
  --help              show this`;

const DEFAULT_PORT = 4_579;
const AGAIN_AFTER_MS = 2_000;
const PROBE_EVERY_MS = 500;

/** `ses-reputation simulate`: resolves with the exit code after the signal. Prints one line when it is ready. */
export async function simulate(args: readonly string[], context: CliContext): Promise<number> {
  const { help, postTo, ...options } = readOptions(args);
  if (help) {
    context.out(SIMULATE_USAGE);
    return 0;
  }
  const simulator = await SesSimulator.start(options);
  const { endpoint, topicArn, configurationSet } = simulator;
  context.out(
    `SES simulator ready at ${endpoint} · topic ${topicArn} · configuration set ${configurationSet}`,
  );
  const subscribing = postTo.map((url) => subscribe(simulator, url, context));
  if (!context.signal.aborted) await once(context.signal, 'abort');
  await simulator.stop();
  await Promise.all(subscribing);
  return 0;
}

async function subscribe(simulator: SesSimulator, url: string, { err, signal }: CliContext): Promise<void> {
  err(`${url}: waiting for it to confirm its subscription`);
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      // A person is waiting for the app to come up: SNS alone would come back only after 20 s.
      await untilReachable(url, PROBE_EVERY_MS, signal);
      if (signal.aborted) return;
      await simulator.subscribe(url);
      err(`${url}: confirmed, feedback is posted there from now on`);
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (attempt === 1) err(`${String((error as Error).message)}; trying again until it is`);
    }
    await sleep(AGAIN_AFTER_MS, undefined, { signal }).catch(() => {});
  }
}

function readOptions(args: readonly string[]) {
  const values = parse(args);
  const { region, account } = values;
  if (region !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region))
    throw new UsageError(`--region is "${region}"; expected one such as eu-west-1`);
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw new UsageError(`--account is "${account}"; expected twelve digits`);
  const postTo = values['post-to'] ?? [];
  for (const url of postTo)
    if (!/^https?:$/.test(protocolOf(url)))
      throw new UsageError(
        `--post-to is "${url}"; expected a URL such as http://127.0.0.1:3000/ses/feedback`,
      );
  return {
    help: values.help ?? false,
    postTo,
    region,
    account,
    port:
      readNumber('port', values.port, (port) => Number.isInteger(port) && port >= 0 && port < 65_536) ??
      DEFAULT_PORT,
    sendRate: readNumber('rate', values.rate, (rate) => rate > 0),
    quota: readNumber('quota', values.quota, (quota) => Number.isInteger(quota) && quota >= -1),
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: joinNegative(args),
      allowPositionals: false,
      options: {
        port: { type: 'string' },
        region: { type: 'string' },
        account: { type: 'string' },
        'post-to': { type: 'string', multiple: true },
        rate: { type: 'string' },
        quota: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** `--quota -1` as `--quota=-1`: parseArgs takes a value that starts with a dash for an option. */
function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    if (/^-\d/.test(arg) && joined.at(-1)?.startsWith('--')) joined.push(`${joined.pop()}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}

function readNumber(
  name: string,
  given: string | undefined,
  fits: (value: number) => boolean,
): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() === '' || !Number.isFinite(value) || !fits(value))
    throw new UsageError(`--${name} is "${given}"; expected a number that makes sense there`);
  return value;
}
