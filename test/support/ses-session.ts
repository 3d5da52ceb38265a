import { SESv2Client, type SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { GetAccountCommand, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { SesSimulator, type SesSimulatorOptions } from 'nestjs-ses-reputation/testing';

/** Of the test that runs: set by `start`. */
export let simulator: SesSimulator;
export let client: SESv2Client;

export async function start(options: SesSimulatorOptions = {}): Promise<void> {
  simulator = await SesSimulator.start(options);
  client = new SESv2Client({ ...simulator.clientConfig, maxAttempts: 1 });
}

export async function stop(): Promise<void> {
  client.destroy();
  await simulator.stop();
}

export const send = (input: SendEmailCommandInput) => client.send(new SendEmailCommand(input));
export const sendRaw = (raw: string, more: Partial<SendEmailCommandInput> = {}) =>
  send({ Content: { Raw: { Data: Buffer.from(raw) } }, ...more });
export const account = () => client.send(new GetAccountCommand({}));
