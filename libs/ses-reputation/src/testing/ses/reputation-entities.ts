import { sesArn, type Place } from './arn.js';
import type { Members } from './members.js';
import { pageOf } from './paging.js';
import { route, type Route } from './router.js';
import { badRequest, notFound } from './ses-error.js';

export type SendingStatus = 'ENABLED' | 'REINSTATED' | 'DISABLED';

/** What Amazon makes of one identity or configuration set. */
export interface EntityFindings {
  /** `null` (the default): Amazon found nothing. */
  impact?: 'LOW' | 'HIGH' | null;
  /** Amazon's own decision. Default `ENABLED`. */
  status?: SendingStatus;
  /** Its reason. */
  cause?: string;
}

interface Entity {
  findings: EntityFindings;
  /** Milliseconds since the epoch; `null` before Amazon's first finding. */
  foundAt: number | null;
  /** What the account's owner has set, if anything. */
  customer: { status: SendingStatus; at: number } | null;
}

/** Names of what is rated, such as `identity/example.com` and `configuration-set/main`. */
export type EntityNames = () => string[];

const STATUSES: readonly string[] = ['ENABLED', 'REINSTATED', 'DISABLED'];
const FILTERS = ['ENTITY_TYPE', 'REPUTATION_IMPACT', 'SENDING_STATUS', 'ENTITY_REFERENCE_PREFIX'] as const;
type Filters = Partial<Record<(typeof FILTERS)[number], string>>;

/** Reputation entities: every identity and configuration set, with what Amazon and the owner decided. */
export class ReputationEntities {
  private readonly decided = new Map<string, Entity>();

  constructor(
    private readonly place: Place,
    private readonly names: EntityNames,
    private readonly now: () => number,
  ) {}

  /** @throws NotFoundException if there is no such identity or configuration set */
  find(name: string, findings: EntityFindings): void {
    const arn = this.existing(sesArn(this.place, name));
    this.decided.set(arn, { ...this.of(arn), findings, foundAt: this.now() });
  }

  routes(): Route[] {
    const one = 'reputation/entities/{ReputationEntityType}/{ReputationEntityReference}';
    return [
      route('ListReputationEntities', 'POST', 'reputation/entities', ({ body }) => this.list(body)),
      route('GetReputationEntity', 'GET', one, ({ path }) => ({
        ReputationEntity: this.describe(this.asked(path)),
      })),
      route(
        'UpdateReputationEntityCustomerManagedStatus',
        'PUT',
        `${one}/customer-managed-status`,
        (call) => {
          const arn = this.asked(call.path);
          const status = readStatus(call.body.required('SendingStatus'));
          this.decided.set(arn, { ...this.of(arn), customer: { status, at: this.now() } });
        },
      ),
    ];
  }

  private list(body: Members): object {
    const filter = readFilters(body.member('Filter')?.plain() ?? {});
    const arns = this.arns().filter((arn) => this.fits(arn, filter));
    const size = body.plain().PageSize;
    const { page, NextToken } = pageOf(arns, {
      NextToken: body.text('NextToken'),
      PageSize: size === undefined || size === null ? null : String(size),
    });
    return { ReputationEntities: page.map((arn) => this.describe(arn)), NextToken };
  }

  private fits(arn: string, filter: Filters): boolean {
    const { REPUTATION_IMPACT: impact, SENDING_STATUS: status, ENTITY_REFERENCE_PREFIX: prefix } = filter;
    const entity = this.of(arn);
    return (
      (impact === undefined || entity.findings.impact === impact) &&
      (status === undefined || aggregate(entity) === status) &&
      (prefix === undefined || arn.startsWith(prefix))
    );
  }

  private describe(arn: string): object {
    const entity = this.of(arn);
    const { findings, foundAt, customer } = entity;
    return {
      ReputationEntityReference: arn,
      ReputationEntityType: 'RESOURCE',
      AwsSesManagedStatus: {
        Status: findings.status ?? 'ENABLED',
        Cause: findings.cause,
        LastUpdatedTimestamp: foundAt === null ? undefined : foundAt / 1_000,
      },
      CustomerManagedStatus: {
        Status: customer?.status ?? 'ENABLED',
        LastUpdatedTimestamp: customer ? customer.at / 1_000 : undefined,
      },
      SendingStatusAggregate: aggregate(entity),
      ReputationImpact: findings.impact ?? undefined,
    };
  }

  private asked({
    ReputationEntityType: type,
    ReputationEntityReference: arn,
  }: Record<string, string>): string {
    if (type !== 'RESOURCE') throw badRequest(`ReputationEntityType <${type}> is not RESOURCE.`);
    return this.existing(arn!);
  }

  private existing(arn: string): string {
    if (!this.arns().includes(arn)) throw notFound(`Reputation entity <${arn}> does not exist.`);
    return arn;
  }

  private arns(): string[] {
    return this.names()
      .map((name) => sesArn(this.place, name))
      .toSorted();
  }

  private of(arn: string): Entity {
    return this.decided.get(arn) ?? { findings: {}, foundAt: null, customer: null };
  }
}

/** `DISABLED` by either side wins. */
function aggregate({ findings, customer }: Entity): SendingStatus {
  const both = [findings.status ?? 'ENABLED', customer?.status ?? 'ENABLED'] as const;
  if (both.includes('DISABLED')) return 'DISABLED';
  return both.includes('REINSTATED') ? 'REINSTATED' : 'ENABLED';
}

function readStatus(given: string): SendingStatus {
  if (!STATUSES.includes(given))
    throw badRequest(`SendingStatus <${given}> is none of ${STATUSES.join(', ')}.`);
  return given as SendingStatus;
}

function readFilters(given: Record<string, unknown>): Filters {
  for (const [name, value] of Object.entries(given)) {
    if (!(FILTERS as readonly string[]).includes(name) || typeof value !== 'string')
      throw badRequest(`Filter.${name} is none of ${FILTERS.join(', ')}, or no string.`);
  }
  return given as Filters;
}
