import { topicArnOf } from './amazon-names.js';
import { invalidParameter, notFound } from './errors.js';
import type { SignatureVersion } from './envelope.js';

export interface Topic {
  readonly arn: string;
  readonly name: string;
  /** Rises with each topic made; what a list page continues from, so that deletions don't shift pages. */
  readonly sequence: number;
  readonly attributes: Map<string, string>;
  subscriptionsDeleted: number;
}

const NAME = /^[A-Za-z0-9_-]{1,256}$/;
const FIFO_NAME = /^(?=.{1,256}$)[A-Za-z0-9_-]+\.fifo$/;

/** Kept and given back; the simulator knows no permissions and no encryption that they could act on. */
const KEPT_ONLY = new Set(['DisplayName', 'Policy', 'KmsMasterKeyId', 'TracingConfig']);

const DEFAULTS = new Map([
  ['FifoTopic', 'false'],
  ['SignatureVersion', '1'],
]);

/** The topics of one account in one region. */
export class Topics {
  private readonly byArn = new Map<string, Topic>();
  private lastSequence = 0;

  constructor(
    private readonly region: string,
    private readonly account: string,
  ) {}

  /** Idempotent, unless the attributes asked for differ from those of the topic that is there. */
  create(name: string, attributes: ReadonlyMap<string, string>): Topic {
    checkName(name, attributes.get('FifoTopic') === 'true');
    for (const [key, value] of attributes) {
      if (key !== 'FifoTopic') checkAttribute(key, value);
    }
    const arn = topicArnOf(this.region, this.account, name);
    const existing = this.byArn.get(arn);
    if (existing) {
      for (const [key, value] of attributes) {
        if ((existing.attributes.get(key) ?? DEFAULTS.get(key) ?? '') !== value) {
          throw invalidParameter(
            'Invalid parameter: Attributes Reason: Topic already exists with different attributes',
          );
        }
      }
      return existing;
    }
    const topic: Topic = {
      arn,
      name,
      sequence: ++this.lastSequence,
      attributes: new Map([...attributes].filter(([key, value]) => key !== 'FifoTopic' || value === 'true')),
      subscriptionsDeleted: 0,
    };
    this.byArn.set(arn, topic);
    return topic;
  }

  has(arn: string): boolean {
    return this.byArn.has(arn);
  }

  get(arn: string): Topic {
    const topic = this.byArn.get(arn);
    if (!topic) throw notFound('Topic does not exist');
    return topic;
  }

  setAttribute(arn: string, key: string, value: string): void {
    const topic = this.get(arn);
    checkAttribute(key, value);
    topic.attributes.set(key, value);
  }

  /** Idempotent, as at Amazon. */
  delete(arn: string): void {
    this.byArn.delete(arn);
  }

  all(): Topic[] {
    return [...this.byArn.values()];
  }
}

export function isFifo(topic: Topic): boolean {
  return topic.attributes.get('FifoTopic') === 'true';
}

export function signatureVersionOf(topic: Topic): SignatureVersion {
  return topic.attributes.get('SignatureVersion') === '2' ? '2' : '1';
}

function checkName(name: string, fifo: boolean): void {
  if (fifo && !FIFO_NAME.test(name)) {
    throw invalidParameter(
      'Invalid parameter: Fifo Topic names must end with .fifo and must be made up of only uppercase and ' +
        'lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.',
    );
  }
  if (!fifo && !NAME.test(name)) throw invalidParameter('Invalid parameter: Topic Name');
}

function checkAttribute(key: string, value: string): void {
  if (key === 'SignatureVersion') {
    if (value !== '1' && value !== '2') {
      throw invalidParameter('Invalid parameter: Attributes Reason: SignatureVersion must be 1 or 2');
    }
  } else if (!KEPT_ONLY.has(key)) {
    throw invalidParameter(
      `Invalid parameter: AttributeName Reason: the simulator has no topic attribute ${key}`,
    );
  }
}
