import { describe, expect, it } from 'vitest';
import { encodeSegment } from '../../../src/records/encode';
import { keys } from '../../../src/records/keys';
import { isKey } from '../../../src/store/key-syntax';
import fc from '../../support/fc';

describe('encodeSegment', () => {
  it.each([
    ['nightly-2026-07-30', 'nightly-2026-07-30'],
    ['a_b.c', 'a_b.c'],
    ['a:b/c d', 'a%3ab%2fc%20d'],
    ['👋', '%f0%9f%91%8b'],
    ['~', '%7e'],
    ['%2f', '%252f'],
    ['.', '%2e'],
    ['..', '%2e%2e'],
    ['.hidden', '%2ehidden'],
    ['NightlyJob', 'NightlyJob~204'],
  ])('encodes %j as %j', (text, segment) => {
    expect(encodeSegment(text)).toBe(segment);
  });

  it('returns a segment that every store accepts, for any string', () => {
    fc.assert(
      fc.property(anyText(400), (text) => {
        const segment = encodeSegment(text);
        expect(segment).toMatch(/^[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*$/);
        expect(segment.length).toBeLessThanOrEqual(230);
        expect(isKey(segment)).toBe(true);
      }),
    );
  });

  it('returns different segments for different strings, also without regard to case', () => {
    fc.assert(
      fc.property(anyText(200), anyText(200), (a, b) => {
        fc.pre(a !== b);
        expect(encodeSegment(a).toLowerCase()).not.toBe(encodeSegment(b).toLowerCase());
      }),
      { numRuns: 2_000 },
    );
  });

  it('distinguishes similar strings', () => {
    const long = 'x'.repeat(1_000);
    const alike = [
      '',
      '.',
      '..',
      '%2e',
      ' ',
      'a',
      'A',
      'a~1',
      'A~1',
      'aB',
      'Ab',
      'AB',
      'ab',
      'a.',
      'a%2e',
      'ü',
      'u\u0308',
      '\ufffd',
      '\ud800',
      '\ud801',
      '\udfff',
      '\ud83d',
      '👋',
      'a\ud800',
      'a\ufffd',
      long,
      `${long}y`,
      `${long}\ud800`,
      `${long}\ud801`,
      long.toUpperCase(),
      'é'.repeat(1_000),
    ];
    // A user may also choose a segment as an id.
    const all = [...alike, ...alike.map(encodeSegment)].filter((text, i, texts) => texts.indexOf(text) === i);
    expect(new Set(all.map((text) => encodeSegment(text).toLowerCase())).size).toBe(all.length);
  });

  it('makes valid keys from any job id', () => {
    fc.assert(
      fc.property(anyText(300), (id) => {
        expect(isKey(keys.batch(id))).toBe(true);
        expect(isKey(keys.summary({ id, instance: id }))).toBe(true);
      }),
    );
  });
});

/** Any UTF-16 code units, including lone surrogates, and often the special characters of the encoding. */
function anyText(maxLength: number): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('a', 'A', 'b', 'B', '.', '%', '~', '/', ':', '2', 'e', '\ud800', '\udc00', '\ufffd'),
  );
  return fc.array(unit, { maxLength }).map((units) => units.join(''));
}
