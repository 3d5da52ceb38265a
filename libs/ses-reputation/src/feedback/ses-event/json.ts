import { fitText } from '../../store/fit-text.js';

export type Json = Record<string, unknown>;

/** The value if it is an object, an empty one otherwise: a missing part reads as one without fields. */
export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text, made storable and cut to `max`; `null` if there is none. */
export function textOf(value: unknown, max: number): string | null {
  return typeof value === 'string' && value.trim() !== '' ? fitText(value.trim(), max) : null;
}
