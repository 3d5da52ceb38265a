import { Section } from './check.js';
import type { SesReputationStructure } from './ses-reputation-options.js';

export const STRUCTURE_KEYS = [
  'isGlobal',
  'path',
  'dataSource',
  'preparedStatements',
  'publicMetadata',
] as const;

/**
 * Checks the options that shape the module and fills in the defaults.
 *
 * @throws SesReputationConfigError that names the key, what was expected and what it got
 */
export function resolveStructure(given: SesReputationStructure): Required<SesReputationStructure> {
  const own = Object.fromEntries(STRUCTURE_KEYS.map((key) => [key, given[key]]));
  const structure = new Section('', own, STRUCTURE_KEYS);
  const path = structure.matching(
    'path',
    /^\/?[\w.~-]+(\/[\w.~-]+)*\/?$/,
    'ses/feedback',
    'a route such as "ses/feedback"',
  );
  return {
    isGlobal: structure.flag('isGlobal', false),
    path: path.replace(/^\/|\/$/g, ''),
    dataSource: structure.text('dataSource', 'default', 'the name of a TypeORM data source'),
    preparedStatements: structure.flag('preparedStatements', true),
    publicMetadata: structure.get('publicMetadata', {}, 'an object of metadata', isRecord),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
