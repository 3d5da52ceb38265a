/** The TypeORM data source this module uses. */
export const SES_DATA_SOURCE = Symbol('SES_DATA_SOURCE');
