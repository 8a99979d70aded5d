import { allOf } from '../all-of';

/** A kind of odd row in the results of a batch: how it differs from the API's documentation. */
export type OddRow =
  | 'flat-error'
  | 'error-text'
  | 'error-null'
  | 'no-error'
  | 'unknown-type'
  | 'no-message'
  | 'no-answer'
  | 'empty-result'
  | 'no-custom-id'
  | 'no-json'
  | 'damaged'
  | 'foreign'
  | 'repeated'
  | 'contradicting'
  | 'missing'
  | 'byte-order-mark';

export const ODD_ROWS = allOf<OddRow>()([
  'flat-error',
  'error-text',
  'error-null',
  'no-error',
  'unknown-type',
  'no-message',
  'no-answer',
  'empty-result',
  'no-custom-id',
  'no-json',
  'damaged',
  'foreign',
  'repeated',
  'contradicting',
  'missing',
  'byte-order-mark',
]);

/** The result rows that a fault makes odd. */
interface OddRows {
  row: OddRow;
  /** How many rows, from the first on. Default 1. */
  rows?: number;
  /** Only those of errored requests. */
  only?: 'errored';
}

/**
 * Yields result lines. The first ones are made odd, the others are unchanged.
 *
 * @param note called with the `custom_id` of each row before it is made odd
 */
export function* oddLines(
  lines: Iterable<string>,
  { row, rows = 1, only }: OddRows,
  note: (customId: string) => void,
): Generator<string> {
  let left = rows;
  for (const line of lines) {
    const whole = left > 0 ? (JSON.parse(line) as Row) : undefined;
    if (whole && (only === undefined || whole.result.type === only)) {
      left -= 1;
      note(whole.custom_id);
      yield* oddLine(line, whole, row);
    } else yield line;
  }
}

interface Row {
  custom_id: string;
  result: { type: string };
}

const RESULTS: Partial<Record<OddRow, unknown>> = {
  'flat-error': { type: 'errored', error: { type: 'api_error', message: 'boom' } },
  'error-text': { type: 'errored', error: 'boom' },
  'error-null': { type: 'errored', error: null },
  'no-error': { type: 'errored' },
  'unknown-type': { type: 'paused' },
  'no-message': { type: 'succeeded' },
  'no-answer': { type: 'succeeded', message: {} },
  'empty-result': {},
};

function oddLine(line: string, { custom_id, result }: Row, odd: OddRow): string[] {
  const row = (value: object) => `${JSON.stringify(value)}\n`;
  switch (odd) {
    case 'no-custom-id':
      return [row({ result })];
    case 'no-json':
      return [`${line.slice(0, line.length / 2)}\n`];
    case 'damaged':
      return [damaged(line)];
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

/** Returns a row without four bytes in its middle. Its first and last bytes are intact. */
function damaged(line: string): string {
  const at = line.lastIndexOf('"type":') + '"ty'.length;
  return line.slice(0, at) + line.slice(at + 4);
}
