import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readPayload, writePayload } from './payload-json.js';

const text = fc.string({ unit: fc.constantFrom(...'az"\\\n\u0000é漢😀\ud800\udc00\u2028'), maxLength: 20 });
const value = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
);
const payload = fc.dictionary(
  fc.string({ unit: fc.constantFrom(...'abcd') }),
  fc.oneof(value, fc.array(value)),
);

describe('the JSON of a payload', () => {
  it('gives back what was written, dates too, and holds printable ASCII only', () => {
    fc.assert(
      fc.property(payload, (written) => {
        const json = writePayload(written);
        expect(json).toMatch(/^[\x20-\x7e]*$/);
        expect(readPayload(json)).toEqual({ ...written });
      }),
    );
  });

  it('keeps a date that is none, and an object beside dates', () => {
    const written = { at: new Date(Number.NaN), from: { enforcement: 'HEALTHY', since: new Date(5) } };
    const read = readPayload<typeof written>(writePayload(written));
    expect(read.at).toBeInstanceOf(Date);
    expect(read.at.getTime()).toBeNaN();
    expect(read.from).toEqual(written.from);
  });

  it('cuts long texts, the longest first, where they would not fit', () => {
    const at = new Date(5);
    const written = { id: 'i'.repeat(64), at, diagnostic: '漢'.repeat(500_000), lines: ['x'.repeat(9_000)] };
    const json = writePayload(written);
    expect(json.length).toBeLessThanOrEqual(65_535);
    expect(readPayload(json)).toEqual({
      id: written.id,
      at,
      diagnostic: '漢'.repeat(8_000),
      lines: ['x'.repeat(8_000)],
    });
    const many = { lines: Array.from({ length: 50 }, () => 'é'.repeat(50_000)) };
    expect(readPayload<typeof many>(writePayload(many)).lines).toEqual(Array(50).fill('é'.repeat(100)));
    expect(() => writePayload({ lines: Array(60_000).fill('x') })).toThrow(RangeError);
  });
});
