import type { SimulatorRequest, SimulatorResponse } from '../http.js';
import { checkMembers } from '../members-check.js';
import { createAmazonFetch } from './amazon-fetch.js';
import { Courier } from './courier.js';
import type { MessageAttribute } from './envelope.js';
import { SnsApiError } from './errors.js';
import { TRANSPORT_FAULT_RULES, type TransportFaults } from './faults.js';
import { Operations } from './operations.js';
import { Publisher, type FailedDelivery } from './publisher.js';
import { answerQuery, errorDocument, queryParametersOf } from './query-api.js';
import { SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_PATH } from './signing-key.js';
import { Subscriptions } from './subscriptions.js';
import { Topics } from './topics.js';

export interface SnsServiceOptions {
  region: string;
  /** Twelve digits. */
  account: string;
  retry?: {
    /** All attempts, the first included. Default 4. */
    attempts?: number;
    /** Between two attempts. Default 20 000, as Amazon's. */
    delayMs?: number;
    /** How long an endpoint may take to answer. Default 15 000, as Amazon's. */
    timeoutMs?: number;
  };
  /** Base URL of the simulator, known once it listens. Named in the error of `fetch`. */
  endpoint: () => string;
  /** What envelopes are stamped with and how old tokens are. Default: the system's clock. */
  now?: () => Date;
}

const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-f]+\.pem$/i;

/** Amazon SNS of one account in one region: topics, http and https subscribers, signed deliveries. */
export class SnsService {
  /**
   * Answers Amazon's SNS host of this region in the process: certificates, confirmation and unsubscribe links.
   * Rejects with `OutsideSimulatorError` for anything else.
   */
  readonly fetch: typeof fetch;
  private readonly operations: Operations;
  private readonly publisher: Publisher;
  private readonly courier: Courier;
  private isDown = false;

  constructor(options: SnsServiceOptions) {
    const { region, account, retry = {}, endpoint, now = () => new Date() } = options;
    const { attempts = 4, delayMs = 20_000, timeoutMs = 15_000 } = retry;
    this.courier = new Courier({ attempts, delayMs, timeoutMs });
    const subscriptions = new Subscriptions(() => now().getTime());
    this.publisher = new Publisher(region, subscriptions, this.courier, now);
    this.operations = new Operations(new Topics(region, account), subscriptions, this.publisher);
    this.fetch = createAmazonFetch(region, endpoint, (request) => this.handle(request));
  }

  /** Gives the ARN. Idempotent. @throws SnsApiError `InvalidParameter` */
  createTopic(name: string, attributes: Record<string, string> = {}): string {
    return this.operations.topics.create(name, new Map(Object.entries(attributes))).arn;
  }

  topicExists(arn: string): boolean {
    return this.operations.topics.has(arn);
  }

  /**
   * Gives the MessageId; delivery runs in the background, see `settled`.
   *
   * @throws SnsApiError `NotFound` for an unknown topic, `InvalidParameter` for a message SNS would refuse, such as
   * one of more than 256 KiB.
   */
  publish(
    topicArn: string,
    message: string,
    options: { subject?: string; attributes?: Record<string, MessageAttribute> } = {},
  ): string {
    return this.operations.publish(topicArn, message, options);
  }

  /**
   * Asks the endpoint to confirm. Gives `pending confirmation`, or the subscription's ARN if it is confirmed
   * already. Nothing else is posted before the endpoint confirms.
   */
  subscribe(topicArn: string, url: string, options: { rawMessageDelivery?: boolean } = {}): string {
    const subscription = this.operations.subscribe(topicArn, url, options.rawMessageDelivery);
    return subscription.state === 'confirmed' ? subscription.arn : 'pending confirmation';
  }

  /**
   * Resolves when that endpoint is confirmed and has answered the confirmation request, so that whatever it does
   * before it answers is done; whatever it answers, as confirmed it is.
   *
   * @throws SubscriptionNotConfirmedError if it refused the confirmation, if all attempts failed, or if it was
   * never subscribed.
   */
  subscribed(topicArn: string, url: string): Promise<void> {
    return this.operations.subscriptions.confirmed(topicArn, url);
  }

  /** What SNS gave up on, newest last. */
  get failedDeliveries(): readonly FailedDelivery[] {
    return this.publisher.failed;
  }

  /** Is this request for SNS? */
  handles(request: SimulatorRequest): boolean {
    return isForCertificate(request) || queryParametersOf(request) !== undefined;
  }

  async handle(request: SimulatorRequest): Promise<SimulatorResponse> {
    if (this.isDown) {
      return errorDocument(new SnsApiError('ServiceUnavailable', 'SNS is down, as asked for.', 503));
    }
    if (isForCertificate(request)) {
      return request.path === SIGNING_CERTIFICATE_PATH
        ? { status: 200, headers: { 'content-type': 'application/x-pem-file' }, body: SIGNING_CERTIFICATE }
        : { status: 404, headers: { 'content-type': 'text/plain' }, body: 'No such certificate' };
    }
    const parameters = queryParametersOf(request);
    if (!parameters) return errorDocument(new SnsApiError('InvalidAction', 'No Action was given.', 400));
    const { headers, query } = request;
    const authenticated = headers['authorization'] !== undefined || query.has('X-Amz-Signature');
    return answerQuery(this.operations, parameters, { authenticated });
  }

  /** Faults from now on; null ends them. Each call replaces the one before. @throws TypeError, RangeError */
  fail(faults: TransportFaults | null): void {
    const asked = { ...faults };
    checkMembers('fail()', faults ?? {}, TRANSPORT_FAULT_RULES);
    this.courier.setFaults(asked);
    this.isDown = asked.outage ?? false;
  }

  /** Resolves when nothing is on its way, attempts still to come included. */
  settled(): Promise<void> {
    return this.courier.settled();
  }

  /** Cancels attempts to come and aborts those under way. Later calls of `publish` deliver nothing. */
  async stop(): Promise<void> {
    await this.courier.stop();
    for (const subscription of this.operations.subscriptions.all()) {
      this.operations.subscriptions.giveUp(subscription, 'the simulator was stopped');
    }
  }
}

function isForCertificate({ method, path }: SimulatorRequest): boolean {
  return method === 'GET' && CERTIFICATE_PATH.test(path);
}
