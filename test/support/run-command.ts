import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Options by name, without the dashes; objects are passed as JSON, lists as several words. */
export type CliOptions = Record<string, string | string[] | object>;

function values(value: CliOptions[string]): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? value
    : [JSON.stringify(value)];
}

/** A place to run AWS tools from that has nothing to do with the account of whoever runs the tests. */
export class AwsShell {
  private constructor(
    readonly folder: string,
    private readonly endpoint: string,
  ) {}

  static async open(endpoint: string): Promise<AwsShell> {
    const folder = await mkdtemp(join(tmpdir(), 'ses-reputation-aws-'));
    // Version 2 of the CLI reads blobs as base64 unless told otherwise; version 1 knows only this way.
    await writeFile(join(folder, 'config'), '[default]\ncli_binary_format = raw-in-base64-out\n');
    return new AwsShell(folder, endpoint);
  }

  /** `aws <service> <command>` against the simulator. Gives its JSON; rejects with what it printed on stderr. */
  async aws(service: string, command: string, options: CliOptions = {}): Promise<Record<string, any>> {
    const args = ['--endpoint-url', this.endpoint, '--output', 'json', service, command];
    for (const [name, value] of Object.entries(options)) args.push(`--${name}`, ...values(value));
    const stdout = await this.run('aws', args);
    return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>);
  }

  async run(command: string, args: string[]): Promise<string> {
    const { stdout } = await run(command, args, {
      cwd: this.folder,
      env: {
        PATH: process.env.PATH,
        HOME: this.folder,
        AWS_CONFIG_FILE: join(this.folder, 'config'),
        AWS_SHARED_CREDENTIALS_FILE: join(this.folder, 'credentials'),
        AWS_ACCESS_KEY_ID: 'AKIASIMULATOR',
        AWS_SECRET_ACCESS_KEY: 'simulator',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_PAGER: '',
        AWS_MAX_ATTEMPTS: '1',
        PYTHONIOENCODING: 'utf-8',
      },
    });
    return stdout;
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
