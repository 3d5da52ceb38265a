/** The `SESv2Client` every service of this module uses. */
export const SES_CLIENT = Symbol('SES_CLIENT');
