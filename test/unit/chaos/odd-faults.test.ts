import { describe, expect, test } from 'vitest';
import type { FaultSpec, HttpFault } from '../../../src/simulator';
import { parseFaultSpec } from '../../../src/simulator/faults/fault-spec';
import { ODD_ROWS } from '../../../src/simulator/faults/odd-rows';
import { drawFaults } from '../../chaos/faults';
import { Random } from '../../chaos/random';
import { unreadableRows } from '../../chaos/unreadable';

const ENDPOINTS = ['cancel', 'count_tokens', 'create', 'list', 'messages', 'results', 'retrieve'];

describe('the faults of a run', () => {
  const specs: FaultSpec[] = Array.from({ length: 600 }, (_, seed) => drawFaults(new Random(`${seed}`)));
  const faults = specs.flatMap(({ http = [] }) => http);
  const of = <K extends HttpFault['kind']>(kind: K) =>
    faults.filter((fault) => fault.kind === kind) as Extract<HttpFault, { kind: K }>[];

  test('are all accepted by the simulator', () => {
    for (const spec of specs) expect(parseFaultSpec(spec)).toEqual(spec);
  });

  test('include odd replies of every kind to every call', () => {
    const endpoints = (kind: HttpFault['kind']) =>
      [...new Set(of(kind).map(({ endpoint }) => endpoint))].sort();
    expect(endpoints('malformed')).toEqual(ENDPOINTS.filter((each) => each !== 'results'));
    expect(endpoints('json-page')).toEqual(ENDPOINTS);
    expect(endpoints('odd-row')).toEqual(['results']);
    expect(endpoints('empty-results')).toEqual(['results']);
    expect(endpoints('wrong-counts')).toEqual(['list', 'retrieve']);
    expect(endpoints('list-omits-zero')).toEqual(['list']);
    expect([...new Set(of('odd-row').map(({ row }) => row))].sort()).toEqual([...ODD_ROWS].sort());
  });

  test('contain no false statements: an error only for a request that errored, and no wrong size of a batch', () => {
    for (const { row, only } of of('odd-row'))
      expect(only).toBe(row === 'flat-error' ? 'errored' : undefined);
    for (const { counts } of of('wrong-counts')) expect(Object.keys(counts ?? {}).length).toBeLessThan(5);
  });
});

test('only rows that cannot be understood are listed, without rows that are understood or downloaded again', () => {
  const rows = ODD_ROWS.map((row) => ({ batch: 'a', custom_id: row, row }));
  const found = unreadableRows([...rows, { batch: 'b', custom_id: '1', row: 'no-error' }]);
  expect([...found.get('a')!].sort()).toEqual([
    'empty-result',
    'error-null',
    'error-text',
    'no-answer',
    'no-error',
    'no-message',
    'unknown-type',
  ]);
  expect(found.get('b')).toEqual(new Set(['1']));
});
