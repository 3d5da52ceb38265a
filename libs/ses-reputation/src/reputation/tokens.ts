/** The host's `SchedulerRegistry`. */
export const SES_SCHEDULER_REGISTRY = Symbol('SES_SCHEDULER_REGISTRY');
