import type { PendingEvent } from '../events/ses-events.js';
import { accountChange } from './amazon/account-change.js';
import { storedAccountStatus } from './amazon/account-status.js';
import { approachLimits, isWorse, judge, type ReputationLevel } from './levels.js';
import { rulesOf, type ReputationReport, type ReputationRules } from './report.js';
import type { ReputationState } from './reputation-state.entity.js';

/** What a check remembers, and what it raises once that is stored. */
export interface Decision {
  next: ReputationState;
  events: PendingEvent[];
}

interface Moment {
  at: Date;
  checkId: string;
}

/** Of the check that made a version of an application's state. */
export function checkId(app: string, version: number): string {
  return `reputation:${app}:${version}`;
}

/** What changed since the last check. Pure: who decides on the same state and report decides the same. */
export function decide(
  state: ReputationState,
  report: ReputationReport,
  rules: ReputationRules,
  { app, now }: { app: string; now: number },
): Decision {
  const version = state.version + 1;
  const moment = { at: new Date(now), checkId: checkId(app, version) };
  const bounceApproach = approachOf('bounce', report, rules, state.bounceApproach);
  const complaintApproach = approachOf('complaint', report, rules, state.complaintApproach);
  return {
    next: {
      name: state.name,
      version,
      bounceLevel: report.bounce.level,
      bounceApproach,
      complaintLevel: report.complaint.level,
      complaintApproach,
      account: report.account && JSON.stringify(report.account),
      updatedAt: moment.at,
    },
    events: [
      ...accountEvents(state, report, moment),
      ...approachEvents('bounce', report, rules, state.bounceApproach, bounceApproach, moment),
      ...levelEvents('bounce', report, state.bounceLevel, moment),
      ...approachEvents('complaint', report, rules, state.complaintApproach, complaintApproach, moment),
      ...levelEvents('complaint', report, state.complaintLevel, moment),
    ],
  };
}

type Metric = 'bounce' | 'complaint';

/** The approach of a limit is judged like a level, so that it is armed again only when the rate has left it. */
function approachOf(
  metric: Metric,
  report: ReputationReport,
  rules: ReputationRules,
  previous: ReputationLevel,
): ReputationLevel {
  const own = rulesOf(metric, rules);
  const limits = approachLimits(own.limits, rules.approach);
  return judge(report[metric], { ...own, limits }, previous);
}

function approachEvents(
  metric: Metric,
  report: ReputationReport,
  rules: ReputationRules,
  from: ReputationLevel,
  to: ReputationLevel,
  moment: Moment,
): PendingEvent[] {
  if (to === 'healthy' || !isWorse(to, from)) return [];
  const payload = { ...common(metric, 'approaching', report, moment), limit: to };
  return [
    {
      name: 'ses.reputation.approaching',
      payload: { ...payload, limitRate: rules.limits[metric][to] },
    },
  ];
}

function levelEvents(
  metric: Metric,
  report: ReputationReport,
  from: ReputationLevel,
  moment: Moment,
): PendingEvent[] {
  const to = report[metric].level;
  if (to === from) return [];
  const changed: PendingEvent = {
    name: 'ses.reputation.changed',
    payload: { ...common(metric, 'changed', report, moment), from, to },
  };
  if (to !== 'healthy') return [changed];
  const payload = { ...common(metric, 'recovered', report, moment), from, to };
  return [changed, { name: 'ses.reputation.recovered', payload }];
}

function accountEvents(
  state: ReputationState,
  { account }: ReputationReport,
  moment: Moment,
): PendingEvent[] {
  const change = account && accountChange(storedAccountStatus(state.account), account);
  if (!change) return [];
  const payload = { id: `${moment.checkId}:account:changed`, at: moment.at, ...change };
  return [{ name: 'ses.account.changed', payload }];
}

function common(metric: Metric, name: string, report: ReputationReport, { at, checkId }: Moment) {
  const { rate, count, volume } = report[metric];
  return { id: `${checkId}:${metric}:${name}`, at, metric, rate, count, volume };
}
