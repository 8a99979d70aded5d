import { MOST_LINE_BYTES } from '../../job-spec/limits';
import { isTooDeep, TOO_DEEP } from '../../job-spec/nesting';
import { InputSourceError, quoted } from '../errors';

const BLOCK = 1 << 18;

/**
 * Documents as JSONL, one object a line, in blocks of bytes.
 *
 * @throws {InputSourceError} that names the document, for what JSON would lose or change without a word: lone surrogates,
 *   `NaN`, `undefined` in an array, functions, maps; and for one that is too large or nested too deep. A field that is `undefined` is left out, as everywhere in JSON.
 */
export async function* documentLines(
  documents: Iterable<object> | AsyncIterable<object>,
): AsyncGenerator<Uint8Array> {
  let block = '';
  let number = 0;
  for await (const document of documents) {
    block += `${documentLine(document, ++number)}\n`;
    if (block.length < BLOCK) continue;
    yield Buffer.from(block, 'utf8');
    block = '';
  }
  if (block !== '') yield Buffer.from(block, 'utf8');
}

/** One document as JSON; `number` counts from 1 and is for messages. */
function documentLine(document: unknown, number: number): string {
  const refuse = (problem: string, cause?: unknown): never => {
    const id = (document as { id?: unknown } | null | undefined)?.id;
    const name = typeof id === 'string' || typeof id === 'number' ? ` (id ${quoted(String(id))})` : '';
    throw new InputSourceError(`Document ${number}${name} ${problem}. Nothing was started.`, { cause });
  };
  if (document === null || typeof document !== 'object' || Array.isArray(document)) {
    refuse(
      `is no object: ${document === null ? 'null' : Array.isArray(document) ? 'an array' : typeof document}`,
    );
  }
  let line: string | undefined;
  try {
    line = JSON.stringify(document, function check(this: unknown, key: string, value: unknown) {
      const problem = lost(value, Array.isArray(this)) ?? (key.isWellFormed() ? undefined : LONE_SURROGATE);
      if (problem) refuse(`cannot be written as JSON: the field ${quoted(key)} holds ${problem}`);
      return value;
    });
  } catch (error) {
    if (error instanceof InputSourceError) throw error;
    refuse(
      `cannot be written as JSON: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
      error,
    );
  }
  if (line === undefined) return refuse('cannot be written as JSON');
  const bytes = Buffer.from(line);
  if (bytes.length > MOST_LINE_BYTES)
    refuse(`has ${bytes.length} bytes as JSON; at most ${MOST_LINE_BYTES} are allowed`);
  if (isTooDeep(bytes)) refuse(TOO_DEEP);
  return line;
}

const LONE_SURROGATE = 'a lone surrogate, which is no Unicode text (mend it with toWellFormed())';

/** What JSON would lose of a value or turn into something else. */
function lost(value: unknown, inArray: boolean): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : LONE_SURROGATE;
    case 'number':
      return Number.isFinite(value) ? undefined : String(value);
    case 'undefined':
      return inArray ? 'undefined in an array' : undefined;
    case 'bigint':
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
    default:
      return value instanceof Map || value instanceof Set ? `a ${value.constructor.name}` : undefined;
  }
}
