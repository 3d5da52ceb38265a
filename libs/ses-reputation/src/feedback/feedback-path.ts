/** Injection token of the route of the feedback controller, without slashes at its ends. */
export const FEEDBACK_PATH = Symbol('FEEDBACK_PATH');
