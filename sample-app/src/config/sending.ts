import type { SesSimulator } from 'nestjs-ses-reputation/testing';
import { usesAws, type Environment } from './environment.js';

/** Whom the shop sends through: Amazon, the simulator it brought along, or one that runs elsewhere. */
export type Sending =
  | { through: 'amazon' }
  | { through: 'built-in simulator'; simulator: SesSimulator }
  | { through: 'other simulator'; endpoint: string };

/** Injection token of {@link Sending}. */
export const SENDING = Symbol('SENDING');

/** An endpoint at Amazon (a VPC endpoint, say) is the real SES; anything else that speaks SES is a simulator. */
export async function chooseSending(environment: Environment): Promise<Sending> {
  if (!usesAws(environment)) {
    // Loaded only when asked for: an app in production needs nothing of it.
    const { SesSimulator } = await import('nestjs-ses-reputation/testing');
    return { through: 'built-in simulator', simulator: await SesSimulator.start({ sendRate: 100 }) };
  }
  const endpoint = environment.SES_ENDPOINT;
  return endpoint === undefined || isAmazon(endpoint)
    ? { through: 'amazon' }
    : { through: 'other simulator', endpoint };
}

function isAmazon(endpoint: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}
