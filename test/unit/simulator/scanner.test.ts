import { expect, test } from 'vitest';
import { RequestsScanner } from '../../../src/simulator/life/scanner';
import fc from '../../support/fc';

function scan(body: Buffer, cuts: number[] = []): unknown[] {
  const found: unknown[] = [];
  const scanner = new RequestsScanner((bytes, index) => {
    expect(index).toBe(found.length);
    found.push(JSON.parse(bytes.toString()));
  });
  let start = 0;
  for (const cut of [...cuts.map((each) => each % body.length).sort((a, b) => a - b), body.length]) {
    scanner.push(body.subarray(start, cut));
    start = cut;
  }
  scanner.end();
  return found;
}

test('finds the same elements for any division of the bytes and any white space', () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())),
      fc.array(fc.nat()),
      fc.constantFrom(undefined, 2, '\t'),
      (requests, cuts, space) => {
        const body = JSON.stringify({ requests }, null, space);
        expect(scan(Buffer.from(body), cuts)).toEqual(JSON.parse(body).requests);
      },
    ),
  );
});

test('byte by byte, with quotes, brackets and backslashes in strings', () => {
  const requests = [{ a: '}]"\\' }, { 'b\\"{': ['[', { c: '\\\\"' }] }, {}];
  const body = Buffer.from(JSON.stringify({ requests }));
  expect(scan(body, [...body.keys()])).toEqual(requests);
});

test('a piece that ends within a string of one request does not affect the next', () => {
  const body = '{"requests":[{"a":"x"},{"b":{}}]}';
  expect(scan(Buffer.from(body), [body.indexOf('x')])).toEqual([{ a: 'x' }, { b: {} }]);
});
