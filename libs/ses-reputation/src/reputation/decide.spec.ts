import { describe, expect, it } from '@jest/globals';
import { resolveOptions } from '../options/resolve-options.js';
import type { AccountStatus } from './amazon/account-status.js';
import { decide } from './decide.js';
import type { ReputationLevel } from './levels.js';
import { reportOf } from './report.js';
import type { ReputationState } from './reputation-state.entity.js';

const NOW = Date.UTC(2026, 4, 1);
const RULES = resolveOptions({
  feedback: { topicArns: ['arn:aws:sns:eu-west-1:123456789012:ses-feedback'] },
}).reputation;
const HEALTHY: AccountStatus = {
  enforcement: 'HEALTHY',
  sendingEnabled: true,
  productionAccess: true,
  review: null,
  quota: { max24HourSend: 50_000, maxSendRate: 14, sentLast24Hours: 1 },
  checkedAt: new Date(NOW),
  entities: null,
  entitiesCheckedAt: null,
};

const first: ReputationState = {
  name: 'account',
  version: 0,
  bounceLevel: 'healthy',
  bounceApproach: 'healthy',
  complaintLevel: 'healthy',
  complaintApproach: 'healthy',
  account: null,
  updatedAt: new Date(0),
};

interface Counts {
  bounces?: number;
  complaints?: number;
  volume?: number;
  account?: AccountStatus | null;
}

function check(
  state: ReputationState,
  { bounces = 0, complaints = 0, volume = 10_000, account = null }: Counts,
) {
  const none = { volume: 0, hardBounces: 0, complaints: 0 };
  const main = { from: NOW, volume, hardBounces: bounces, complaints, unaccounted: 0 };
  const measured = { first: NOW, main, windows: { '1h': none, '24h': none, '7d': none, '30d': none } };
  return decide(state, reportOf(measured, NOW, RULES, state, account), RULES, { app: 'shop', now: NOW });
}

/** What a series of counts raises, one line a check. */
function raised(series: Counts[]): string[][] {
  let state = first;
  return series.map((counts) => {
    const { next, events } = check(state, counts);
    state = next;
    return events.map(({ name, payload }) => {
      const { metric, limit, from, to } = payload as unknown as Record<string, ReputationLevel | undefined>;
      return [name.replace('ses.reputation.', ''), metric, limit ?? `${from}>${to}`].join(' ');
    });
  });
}

describe('decide', () => {
  it('announces each limit once on the way up, and arms it again on the way down', () => {
    const bounces = [0, 159, 160, 180, 200, 200, 399, 400, 500, 180, 144, 143, 160];
    expect(raised(bounces.map((count) => ({ bounces: count })))).toEqual([
      [],
      [],
      ['approaching bounce warning'],
      [],
      ['changed bounce healthy>warning'],
      [],
      [],
      ['approaching bounce review'],
      ['changed bounce warning>review'],
      ['changed bounce review>warning'],
      ['changed bounce warning>healthy', 'recovered bounce warning>healthy'],
      [],
      ['approaching bounce warning'],
    ]);
  });

  it('announces only the highest limit of a leap', () => {
    expect(raised([{ bounces: 900 }])).toEqual([
      ['approaching bounce pause', 'changed bounce healthy>review'],
    ]);
  });

  it('judges the two metrics apart', () => {
    expect(raised([{ bounces: 160, complaints: 50 }, { bounces: 160 }])).toEqual([
      ['approaching bounce warning', 'approaching complaint pause', 'changed complaint healthy>pause'],
      ['changed complaint pause>healthy', 'recovered complaint pause>healthy'],
    ]);
  });

  it('says nothing below the minimum volume', () => {
    expect(raised([{ bounces: 999, volume: 999 }])).toEqual([[]]);
  });

  it('carries the figures and an id of its own in each event', () => {
    const { next, events } = check({ ...first, version: 6 }, { bounces: 500 });
    expect(next).toMatchObject({ version: 7, bounceLevel: 'review', bounceApproach: 'review' });
    const common = { at: new Date(NOW), metric: 'bounce', rate: 0.05, count: 500, volume: 10_000 };
    expect(events).toEqual([
      {
        name: 'ses.reputation.approaching',
        payload: { ...common, id: 'reputation:shop:7:bounce:approaching', limit: 'review', limitRate: 0.05 },
      },
      {
        name: 'ses.reputation.changed',
        payload: { ...common, id: 'reputation:shop:7:bounce:changed', from: 'healthy', to: 'review' },
      },
    ]);
  });

  it('tells when Amazon changes its mind about the account, and at first only if that is bad', () => {
    const probation = { ...HEALTHY, enforcement: 'PROBATION' };
    const later = { ...HEALTHY, checkedAt: new Date(NOW + 1), quota: { ...HEALTHY.quota, maxSendRate: 20 } };
    let state = first;
    const events = [HEALTHY, later, probation, null, { ...probation, sendingEnabled: false }].map(
      (account) => {
        const decision = check(state, { account });
        state = { ...decision.next, account: decision.next.account ?? state.account };
        return decision.events.map(({ payload }) => payload);
      },
    );
    expect(events).toMatchObject([
      [],
      [],
      [
        {
          id: 'reputation:shop:3:account:changed',
          from: { enforcement: 'HEALTHY', sendingEnabled: true },
          to: { enforcement: 'PROBATION', sendingEnabled: true },
        },
      ],
      [],
      [{ to: { enforcement: 'PROBATION', sendingEnabled: false } }],
    ]);
    expect(check(first, { account: probation }).events).toMatchObject([
      { payload: { from: null, to: { enforcement: 'PROBATION' } } },
    ]);
  });
});
