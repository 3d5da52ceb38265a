import { describe, expect, it } from '@jest/globals';
import {
  entityChanges,
  entityStatuses,
  MOST_ENTITIES,
  worstEntities,
  type ReputationEntityStatus,
} from './reputation-entities.js';

function entity(arn: string, more: Partial<ReputationEntityStatus> = {}): ReputationEntityStatus {
  const none = { impact: null, status: 'ENABLED', amazonStatus: null, customerStatus: null, cause: null };
  return { arn, ...none, ...more };
}

describe('entityStatuses', () => {
  it('reads what there is, and cuts the cause', () => {
    const AwsSesManagedStatus = { Status: 'DISABLED' as const, Cause: 'x'.repeat(500) };
    expect(
      entityStatuses([
        { ReputationEntityReference: 'a', AwsSesManagedStatus },
        {},
        { ReputationEntityReference: 'b', ReputationImpact: 'LOW', SendingStatusAggregate: 'REINSTATED' },
      ]),
    ).toEqual([
      entity('a', { status: 'UNKNOWN', amazonStatus: 'DISABLED', cause: 'x'.repeat(200) }),
      entity('b', { status: 'REINSTATED', impact: 'LOW' }),
    ]);
  });
});

describe('worstEntities', () => {
  it('puts the worst first and keeps a bounded number, each once', () => {
    const many = Array.from({ length: 500 }, (_, n) => entity(`m${n}`));
    const bad = [
      entity('low', { impact: 'LOW' }),
      entity('off', { status: 'DISABLED' }),
      entity('off', { status: 'DISABLED' }),
      entity('worst', { status: 'DISABLED', impact: 'HIGH' }),
      entity('high', { impact: 'HIGH' }),
    ];
    const kept = worstEntities([...many, ...bad]);
    expect(kept).toHaveLength(MOST_ENTITIES);
    expect(kept.slice(0, 4).map(({ arn }) => arn)).toEqual(['worst', 'off', 'high', 'low']);
  });
});

describe('entityChanges', () => {
  const healthy = { impact: null, status: 'ENABLED' };
  const high = { impact: 'HIGH', status: 'ENABLED' };

  it('tells of a change of impact and of status, and of nothing else', () => {
    const before = [entity('a'), entity('b'), entity('c')];
    const after = [entity('a', high), entity('b', { status: 'DISABLED' }), entity('c', { cause: 'new' })];
    expect(entityChanges(before, after)).toEqual([
      { arn: 'a', from: healthy, to: high },
      { arn: 'b', from: healthy, to: { impact: null, status: 'DISABLED' } },
    ]);
  });

  it('tells of what is new or gone only if it is bad', () => {
    expect(entityChanges([], [entity('a'), entity('b', high), entity('c', { impact: 'LOW' })])).toEqual([
      { arn: 'b', from: null, to: high },
    ]);
    expect(entityChanges([entity('a'), entity('b', high)], [])).toEqual([{ arn: 'b', from: high, to: null }]);
  });
});
