import { SimulatorServer } from './http-server.js';
import type { SimulatorRequest, SimulatorResponse } from './http.js';
import { CloudWatchService } from './cloudwatch/cloudwatch-service.js';
import { checkMembers, FLAG } from './members-check.js';
import { ACCOUNT_CHANGE_RULES } from './ses/account-rules.js';
import type { AccountChanges } from './ses/account.js';
import { FINDINGS_RULES } from './ses/entity-rules.js';
import type { BounceDetails, ComplaintDetails } from './ses/event-bodies.js';
import type { IdentityTopics } from './ses/identities.js';
import {
  checkConcerning,
  readBounce,
  readComplaint,
  recipientsOf,
  type Concerning,
} from './ses/feedback-details.js';
import {
  CLICK_RULES,
  clickBody,
  DELAY_RULES,
  delayBody,
  openBody,
  VISIT_RULES,
  type DelayDetails,
  type Visit,
} from './ses/later-events.js';
import { domainOf } from './ses/recipient-fate.js';
import type { EntityFindings } from './ses/reputation-entities.js';
import { REPUTATION_RULES, type GivenReputation } from './ses/reputation-figures.js';
import type { SentMail } from './ses/sent-mail.js';
import { SesService, type SesAnswer } from './ses/ses-service.js';
import { TRANSPORT_FAULT_RULES } from './sns/faults.js';
import { SnsService } from './sns/sns-service.js';
import type { SesSimulatorOptions, SimulatorFaults } from './simulator-options.js';
import { START_RULES } from './start-rules.js';

const TOPIC = 'ses-feedback';
const CONFIGURATION_SET = 'main';

/**
 * A local Amazon SES (API version 2) and Amazon SNS for tests: any AWS SDK and the AWS CLI can talk to it. It
 * accepts mail as SES would, and posts signed feedback to whoever subscribed.
 *
 * @example
 * const simulator = await SesSimulator.start();
 * await simulator.subscribe('http://127.0.0.1:3000/ses/feedback');
 * // … send to nobody@hard.test through `simulator.clientConfig` …
 * await simulator.settled();
 * await simulator.stop();
 */
export class SesSimulator {
  readonly region: string;
  /** The topic that the configuration set `main` publishes every event type to. */
  readonly topicArn: string;
  /** The configuration set it starts with. Mail sent without one publishes nothing, as at Amazon. */
  readonly configurationSet = CONFIGURATION_SET;
  private server!: SimulatorServer;
  private readonly sns: SnsService;
  private readonly ses: SesService;
  private readonly cloudWatch: CloudWatchService;
  private readonly now: () => number;

  private constructor(options: SesSimulatorOptions) {
    const { region = 'us-east-1', account = '123456789012', now = Date.now } = options;
    this.region = region;
    this.now = now;
    this.sns = new SnsService({
      region,
      account,
      retry: options.retry,
      endpoint: () => this.endpoint,
      now: () => new Date(now()),
    });
    this.topicArn = this.sns.createTopic(TOPIC, { SignatureVersion: options.signatureVersion ?? '1' });
    this.ses = new SesService({ ...options, region, account, now }, this.sns);
    this.cloudWatch = new CloudWatchService((configurationSet) => this.ses.figures.of(configurationSet));
    this.ses.sets.createPublishingTo(CONFIGURATION_SET, this.topicArn);
    for (const identity of options.identities ?? []) this.ses.identities.create(identity);
  }

  /**
   * Listens on the loopback interface only. Rejects when the port is taken, and with a TypeError or RangeError that
   * names the option for an unknown option or a value that makes no sense.
   */
  static async start(options: SesSimulatorOptions = {}): Promise<SesSimulator> {
    checkMembers('SesSimulator.start()', options, START_RULES);
    const simulator = new SesSimulator(options);
    simulator.server = await SimulatorServer.listen(options.port ?? 0, (request) =>
      simulator.answer(request),
    );
    return simulator;
  }

  /** For `--endpoint-url` or an SDK's `endpoint`: SES, SNS and CloudWatch on one port. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  /** What an AWS SDK v3 client takes, with credentials that open nothing. */
  get clientConfig(): {
    region: string;
    endpoint: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
  } {
    const credentials = { accessKeyId: 'AKIASIMULATOR', secretAccessKey: 'simulator' };
    return { region: this.region, endpoint: this.endpoint, credentials };
  }

  /**
   * Answers the URLs of Amazon's SNS host that envelopes name: certificates and confirmations. For the module's
   * `feedback.fetch`. Rejects for every other host.
   */
  get fetch(): typeof fetch {
    return this.sns.fetch;
  }

  /** The mail that was accepted, newest last. */
  get sent(): readonly SentMail[] {
    return this.ses.outbox.all;
  }

  /**
   * Subscribes an endpoint to the topic: posts a real confirmation request and resolves when it was confirmed and
   * answered: then the module has raised `ses.feedback.subscribed`. Rejects when the endpoint refuses it or never answers. Nothing else is delivered before.
   */
  async subscribe(url: string): Promise<void> {
    this.sns.subscribe(this.topicArn, url);
    await this.sns.subscribed(this.topicArn, url);
  }

  /** Publishes anything to the topic: a string as it is, everything else as JSON. Gives SNS's message id. */
  publish(event: unknown): string {
    return this.sns.publish(this.topicArn, typeof event === 'string' ? event : JSON.stringify(event));
  }

  /**
   * A later bounce of an accepted mail, by default a hard one of all its recipients. A hard bounce puts them on
   * the account's suppression list.
   *
   * @throws UnknownMessageError, UnknownRecipientError; TypeError or RangeError for what a bounce does not have
   */
  bounce(messageId: string, details: BounceDetails & Concerning = {}): void {
    const mail = this.ses.outbox.get(messageId);
    const bounce = readBounce(details);
    this.ses.feedback.bounceLater(mail, recipientsOf('bounce()', mail, details, mail.recipients), bounce);
  }

  /**
   * A complaint about an accepted mail. As reports name no recipient, SES lists all of the complaining domain:
   * by default those who share the domain of the first recipient.
   *
   * @throws as `bounce` does
   */
  complain(messageId: string, details: ComplaintDetails & Concerning = {}): void {
    const mail = this.ses.outbox.get(messageId);
    const domain = domainOf(mail.recipients[0]!);
    const candidates = mail.recipients.filter((address) => domainOf(address) === domain);
    const complaint = readComplaint(details);
    this.ses.feedback.complaintLater(mail, recipientsOf('complain()', mail, details, candidates), complaint);
  }

  /** A delivery delay, by default of all recipients. @throws as `bounce` does */
  delay(messageId: string, details: DelayDetails & Concerning = {}): void {
    const mail = this.ses.outbox.get(messageId);
    checkConcerning('delay()', details, DELAY_RULES);
    const recipients = recipientsOf('delay()', mail, details, mail.recipients);
    const body = delayBody(recipients, details, this.now());
    this.ses.feedback.event(mail, 'DeliveryDelay', 'deliveryDelay', body);
  }

  /** A virus was found in an accepted mail. */
  reject(messageId: string): void {
    const mail = this.ses.outbox.get(messageId);
    this.ses.feedback.event(mail, 'Reject', 'reject', { reason: 'Bad content' });
  }

  /** Somebody opened an accepted mail. */
  open(messageId: string, visit: Visit = {}): void {
    checkMembers('open()', visit, VISIT_RULES);
    this.ses.feedback.event(this.ses.outbox.get(messageId), 'Open', 'open', openBody(visit, this.now()));
  }

  /** Somebody followed a link of an accepted mail. */
  click(messageId: string, click: Visit & { link: string; linkTags?: Record<string, string[]> }): void {
    checkMembers('click()', click, CLICK_RULES);
    const mail = this.ses.outbox.get(messageId);
    this.ses.feedback.event(mail, 'Click', 'click', clickBody(click, this.now()));
  }

  /**
   * Sends an identity's bounces, complaints or deliveries to topics as `notificationType`, whatever configuration
   * set the mail has. Only SES's first API has a call for it.
   *
   * @throws Error (`NotFoundException`) if there is no such identity
   */
  setIdentityTopics(identity: string, topics: IdentityTopics): void {
    this.ses.identities.setTopics(identity, topics);
  }

  /**
   * Amazon's rates of the account as CloudWatch has them now; `null` where it has none yet. Hard bounces and
   * complaints over the newest 10,000 recipients that count, or what `setReputation` gave.
   */
  get reputation(): { bounceRate: number | null; complaintRate: number | null } | null {
    const figures = this.ses.figures.of();
    return figures && { bounceRate: figures.bounceRate, complaintRate: figures.complaintRate };
  }

  /**
   * Gives Amazon's rates of the account, whatever mail there was; `null`: those of the mail again.
   *
   * @throws TypeError, RangeError
   */
  setReputation(reputation: GivenReputation | null): void {
    checkMembers('setReputation()', reputation ?? {}, REPUTATION_RULES);
    this.ses.figures.give(reputation);
  }

  /** What Amazon decides about the account: enforcement, sending, review, rate and quota. @throws TypeError, RangeError */
  setAccount(changes: AccountChanges): void {
    checkMembers('setAccount()', changes, ACCOUNT_CHANGE_RULES);
    this.ses.account.change(changes);
  }

  /**
   * What Amazon finds of an identity or configuration set (a "reputation entity"), in place of what it found before.
   * What is `DISABLED` is shown as such; mail of it is accepted all the same.
   *
   * @param entity such as `identity/example.com` or `configuration-set/main`
   * @throws TypeError, RangeError; Error (`NotFoundException`) if there is no such identity or configuration set
   */
  setReputationEntity(entity: string, findings: EntityFindings): void {
    checkMembers('setReputationEntity()', findings, FINDINGS_RULES);
    this.ses.entities.find(entity, findings);
  }

  /**
   * Faults from now on, in place of all before; null ends them.
   *
   * @throws TypeError for an unknown fault or a value of the wrong type, RangeError for one that makes no sense;
   * nothing is changed then
   */
  fail(faults: SimulatorFaults | null): void {
    const { outage: _outage, ...transportRules } = TRANSPORT_FAULT_RULES;
    checkMembers('fail()', faults ?? {}, {
      ...this.ses.faultRules,
      cloudWatchOutage: FLAG,
      ...transportRules,
      snsOutage: FLAG,
    });
    const {
      throttle,
      quotaExceeded,
      bulkStatuses,
      sesOutage,
      denied,
      cloudWatchOutage,
      snsOutage,
      ...transport
    } = faults ?? {};
    this.ses.fail({ throttle, quotaExceeded, bulkStatuses, sesOutage, denied });
    this.cloudWatch.fail({ outage: cloudWatchOutage, denied });
    this.sns.fail({ ...transport, outage: snsOutage });
  }

  /** Resolves when all feedback is delivered or given up, attempts still to come included. */
  async settled(): Promise<void> {
    await this.ses.feedback.published();
    await this.sns.settled();
  }

  /** Closes the server, its connections and every timer. Feedback still on its way is dropped. */
  async stop(): Promise<void> {
    await this.sns.stop();
    await this.server.close();
  }

  private async answer(request: SimulatorRequest): Promise<SimulatorResponse | SesAnswer> {
    if (this.cloudWatch.handles(request)) return this.cloudWatch.handle(request);
    return this.sns.handles(request) ? this.sns.handle(request) : this.ses.handle(request);
  }
}
