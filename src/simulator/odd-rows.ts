/** Ways in which a row of results differs from what the API documents. */
export const ODD_ROWS = [
  'flat-error',
  'error-text',
  'error-null',
  'no-error',
  'unknown-type',
  'no-message',
  'empty-result',
  'no-custom-id',
  'no-json',
  'foreign',
  'repeated',
  'contradicting',
  'missing',
  'byte-order-mark',
] as const;
export type OddRow = (typeof ODD_ROWS)[number];

/** The first `rows` of some lines of results made odd, the others as they are. */
export function* oddLines(lines: Iterable<string>, odd: OddRow, rows: number): Generator<string> {
  let left = rows;
  for (const line of lines) {
    if (left-- > 0) yield* oddLine(line, odd);
    else yield line;
  }
}

const RESULTS: Partial<Record<OddRow, unknown>> = {
  'flat-error': { type: 'errored', error: { type: 'api_error', message: 'boom' } },
  'error-text': { type: 'errored', error: 'boom' },
  'error-null': { type: 'errored', error: null },
  'no-error': { type: 'errored' },
  'unknown-type': { type: 'paused' },
  'no-message': { type: 'succeeded' },
  'empty-result': {},
};

function oddLine(line: string, odd: OddRow): string[] {
  const { custom_id, result } = JSON.parse(line) as { custom_id: string; result: unknown };
  const row = (value: object) => `${JSON.stringify(value)}\n`;
  switch (odd) {
    case 'no-custom-id':
      return [row({ result })];
    case 'no-json':
      return [`${line.slice(0, line.length / 2)}\n`];
    case 'foreign':
      return [row({ custom_id: 'of-another-tool', result }), line];
    case 'repeated':
      return [line, line];
    case 'contradicting':
      return [line, row({ custom_id, result: { type: 'expired' } })];
    case 'missing':
      return [];
    case 'byte-order-mark':
      return [`\uFEFF${line}`];
    default:
      return [row({ custom_id, result: RESULTS[odd] })];
  }
}
