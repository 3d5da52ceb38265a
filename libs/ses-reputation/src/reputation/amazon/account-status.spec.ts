import { describe, expect, it } from '@jest/globals';
import { accountChange } from './account-change.js';
import { accountStatus, newestStatus, storedAccountStatus, type AccountStatus } from './account-status.js';

const NOW = Date.UTC(2026, 4, 1);
const answer = (more: object = {}) =>
  accountStatus({ $metadata: {}, EnforcementStatus: 'HEALTHY', SendingEnabled: true, ...more }, NOW);

describe('the stored status', () => {
  it('comes back as it was', () => {
    const review = { Status: 'GRANTED' as const, CaseId: '1' };
    const status: AccountStatus = {
      ...answer({ ProductionAccessEnabled: true, Details: { ReviewDetails: review } }),
      entities: [],
      entitiesCheckedAt: new Date(NOW),
    };
    expect(storedAccountStatus(JSON.stringify(status))).toEqual(status);
    expect(storedAccountStatus(null)).toBeNull();
  });

  it('is read as version 0.1.0 has written it', () => {
    const quota = { max24HourSend: 1, maxSendRate: 1, sentLast24Hours: 0 };
    const old = { enforcement: 'HEALTHY', sendingEnabled: true, quota, checkedAt: new Date(NOW) };
    const read = storedAccountStatus(JSON.stringify(old));
    expect(read).toEqual({
      ...old,
      productionAccess: null,
      review: null,
      entities: null,
      entitiesCheckedAt: null,
    });
    expect(accountChange(read, answer({ ProductionAccessEnabled: true }))).toBeNull();
  });

  it('keeps the entities that an answer says nothing of', () => {
    const stored = { ...answer(), entities: [], entitiesCheckedAt: new Date(NOW) };
    expect(newestStatus(stored, answer({ EnforcementStatus: 'PROBATION' }))).toMatchObject({
      enforcement: 'PROBATION',
      entities: [],
      entitiesCheckedAt: new Date(NOW),
    });
    expect(newestStatus(stored, null)).toBe(stored);
    expect(newestStatus(null, null)).toBeNull();
  });
});

describe('accountChange', () => {
  it('tells of the sandbox that ends', () => {
    const change = accountChange(
      answer({ ProductionAccessEnabled: false }),
      answer({ ProductionAccessEnabled: true }),
    );
    expect(change).toMatchObject({ from: { productionAccess: false }, to: { productionAccess: true } });
  });

  it('takes a good first answer for no news', () => {
    expect(accountChange(null, answer())).toBeNull();
    expect(accountChange(null, answer({ SendingEnabled: false }))).toMatchObject({ from: null });
  });
});
