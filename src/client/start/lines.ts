import { MOST_LINE_BYTES } from '../../job-spec/limits';
import { isTooDeep, TOO_DEEP } from '../../job-spec/nesting';
import { kind } from '../../job-spec/show';
import { InputSourceError, quoted } from '../errors';

const BLOCK = 1 << 18;

/**
 * Yields documents as JSONL, one object per line, in blocks of bytes. A field that is `undefined` is left
 * out, as always in JSON.
 *
 * @throws {InputSourceError} that names the document, if JSON would silently lose or change a value (lone
 *   surrogates, `NaN`, `undefined` in an array, functions, maps, sets), or if the document is too large or
 *   nested too deeply.
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

/** Serializes one document. `number` is its position, from 1, for messages. */
function documentLine(document: unknown, number: number): string {
  const refuse = (problem: string, cause?: unknown): never => {
    const id = (document as { id?: unknown } | null | undefined)?.id;
    const name = typeof id === 'string' || typeof id === 'number' ? ` (id ${quoted(String(id))})` : '';
    throw new InputSourceError(`Document ${number}${name} ${problem}. Nothing was started.`, { cause });
  };
  if (document === null || typeof document !== 'object' || Array.isArray(document)) {
    refuse(`must be an object (got ${kind(document)})`);
  }
  let line: string | undefined;
  try {
    line = JSON.stringify(document, function check(this: unknown, key: string, value: unknown) {
      const problem = lost(value, Array.isArray(this)) ?? (key.isWellFormed() ? undefined : LONE_SURROGATE);
      if (problem) refuse(`cannot be serialized as JSON: the field ${quoted(key)} contains ${problem}`);
      return value;
    });
  } catch (error) {
    if (error instanceof InputSourceError) throw error;
    refuse(
      `cannot be serialized as JSON: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
      error,
    );
  }
  if (line === undefined) return refuse('cannot be serialized as JSON');
  const bytes = Buffer.from(line);
  if (bytes.length > MOST_LINE_BYTES)
    refuse(`must have at most ${MOST_LINE_BYTES} bytes as JSON (got ${bytes.length})`);
  if (isTooDeep(bytes)) refuse(TOO_DEEP);
  return line;
}

const LONE_SURROGATE = 'a lone surrogate, which is not a valid character (fix it with toWellFormed())';

/** Describes a value that JSON would lose or change. Returns `undefined` for any other. */
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
