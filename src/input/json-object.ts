import { isUtf8 } from 'node:buffer';
import { isTooDeep, TOO_DEEP } from '../job-spec/nesting';
import { kind } from '../job-spec/show';
import { InputError } from '../job-spec/validation-errors';

const BOM = Buffer.from('\ufeff');

/**
 * Parses one document.
 *
 * @param line the number of its line or element
 * @returns `undefined` for white space
 * @throws {InputError} that does not quote the text
 */
export function parseObject(bytes: Buffer, line: number): Record<string, unknown> | undefined {
  if (!isUtf8(bytes)) throw new InputError({ line }, 'it is not UTF-8 text.');
  if (isTooDeep(bytes)) throw new InputError({ line }, `it ${TOO_DEEP}.`);
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (text.trim() === '') return undefined;
    throw new InputError({ line }, `it is not valid JSON: ${problemOf(error as SyntaxError)}.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new InputError({ line }, `it must be a JSON object, one per document (got ${kind(value)}).`);
}

/** Returns the parser's message without the text that it quotes. */
function problemOf({ message }: SyntaxError): string {
  return message
    .replace(/, (\.\.\.)?"[\s\S]*$/, '')
    .replace(/ \(line \d+ column \d+\)$/, '')
    .replace(/(?: in JSON)? at position (\d+)$/, (_, at) => ` at character ${Number(at) + 1}`);
}

/** Returns the bytes without a byte order mark at their beginning. */
export function withoutBom(bytes: Buffer): Buffer {
  return bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes;
}
