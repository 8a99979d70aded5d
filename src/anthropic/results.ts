import type { Outcome } from '../job/outcome';
import { lines } from '../lines/split';
import type { Batch, BatchesApi } from './api';

/** What one line of a batch's results says, without its answer. */
export interface ResultRow extends Outcome {
  customId: string;
  error?: { type: string; message: string };
}

interface RawError {
  type: string;
  message: string;
  details?: { error_code?: string } | null;
}

interface RawRow {
  custom_id: string;
  result:
    | { type: 'succeeded'; message?: { stop_reason: string | null } }
    | { type: 'errored'; error?: { error?: RawError } }
    | { type: 'canceled' | 'expired' };
}

/** A line that is JSON to its end and still no result. */
export class UnknownRow extends SyntaxError {
  override readonly name = 'UnknownRow';
}

/**
 * Reads one line of results.
 *
 * @throws {UnknownRow} on a line that is no result.
 * @throws {SyntaxError} on a line that is not JSON, as where it was cut.
 */
export function readRow(line: Buffer): ResultRow {
  const row = JSON.parse(line.toString('utf8')) as RawRow;
  const type = row?.result?.type;
  if (typeof row?.custom_id !== 'string' || typeof type !== 'string') {
    throw new UnknownRow('A line of the results has no custom_id or no result.');
  }
  const { custom_id: customId, result } = row;
  switch (result.type) {
    case 'succeeded':
      if (!result.message) throw new UnknownRow('A succeeded line of the results has no message.');
      return { customId, status: 'succeeded', stopReason: result.message.stop_reason };
    case 'errored': {
      if (!result.error?.error) throw new UnknownRow('An errored line of the results has no error.');
      const { type: errorType, message, details } = result.error.error;
      return {
        customId,
        status: 'errored',
        errorType,
        errorMessage: message,
        errorCode: details?.error_code,
        error: { type: errorType, message },
      };
    }
    case 'expired':
      return {
        customId,
        status: 'expired',
        error: { type: 'expired', message: 'The batch ended before this request was processed.' },
      };
    case 'canceled':
      return {
        customId,
        status: 'canceled',
        error: { type: 'canceled', message: 'The request was canceled before it was processed.' },
      };
    default:
      throw new UnknownRow(`A line of the results has the unknown type ${JSON.stringify(type)}.`);
  }
}

/**
 * The answer of a succeeded line, as far as it is JSON.
 *
 * @throws {SyntaxError}
 */
export function answerOf(line: Buffer): { stop_reason?: string | null } | undefined {
  const { result } = JSON.parse(line.toString('utf8')) as RawRow;
  return result.type === 'succeeded' ? result.message : undefined;
}

const SUCCEEDED = /^\{"custom_id":"([A-Za-z0-9_-]{1,64})","result":\{"type":"succeeded","message":\{/;
const MESSAGE_ENDS = '}}';

/** A succeeded line told by its first bytes, without a parse; `undefined` where it must be read in full. */
export function peekSucceeded(line: Buffer): string | undefined {
  return SUCCEEDED.exec(line.toString('latin1', 0, 160))?.[1];
}

/** Whose a line is, and whether it has an answer; read in full only where its first bytes do not tell. */
export function peekRow(line: Buffer): { customId: string; succeeded: boolean } {
  const peeked = peekSucceeded(line);
  if (peeked !== undefined) return { customId: peeked, succeeded: true };
  const { customId, status } = readRow(line);
  return { customId, succeeded: status === 'succeeded' };
}

/**
 * The bytes of a succeeded line's message as the API sent them, so that no number in an answer is rounded on its way;
 * written anew only where the line has another layout.
 */
export function rawMessage(line: Buffer): string {
  const text = line.toString('utf8').trimEnd();
  const head = SUCCEEDED.exec(text);
  if (head && text.endsWith(MESSAGE_ENDS)) {
    const start = head[0].length - 1;
    const end = endOfObject(text, start);
    if (end === text.length - MESSAGE_ENDS.length) return text.slice(start, end);
  }
  return JSON.stringify((JSON.parse(text) as { result: { message: unknown } }).result.message);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The index behind the object that begins at `start`, or -1. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let index = start; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (inString) {
      if (char === BACKSLASH) index += 1;
      else if (char === QUOTE) inString = false;
    } else if (char === QUOTE) inString = true;
    else if (char === OPEN) depth += 1;
    else if (char === CLOSE && --depth === 0) return index + 1;
  }
  return -1;
}

/** Of a row of any type: one that is not known here still says whose it is. */
function customIdOf(line: Buffer): string | undefined {
  const id = (JSON.parse(line.toString('utf8')) as Partial<RawRow> | null)?.custom_id;
  return typeof id === 'string' ? id : undefined;
}

/** The `custom_id` of the first row of an ended batch: it proves whose the batch is. `undefined` when none can be read. */
export async function firstCustomId(api: BatchesApi, batch: Batch): Promise<string | undefined> {
  if (batch.resultsUrl === null) return undefined;
  const abort = new AbortController();
  try {
    for await (const rows of lines(await api.results(batch, abort.signal))) {
      for (const { bytes: line } of rows) {
        if (line.length > 0) return customIdOf(line);
      }
    }
    return undefined;
  } catch {
    // Cut, not there yet, or no result: it proves nothing now, and the next look asks again.
    return undefined;
  } finally {
    abort.abort();
  }
}
