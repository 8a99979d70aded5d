import type { Outcome } from '../job/outcome';
import { parseCustomId } from '../job/protocol/custom-id';
import { eachLine, type Line } from '../lines/split';
import type { Batch, BatchesApi } from './api';
import { rawMember } from './raw-member';
import { isMessage } from './replies';

/** The contents of one line of a batch's results. */
export interface ResultRow extends Outcome {
  customId: string;
  /** The answer of a succeeded row, parsed. Numbers may be rounded, see `rawMessage`. */
  message?: unknown;
  error?: { type: string; message: string };
}

/** The reading of a result line: a row, or why it cannot be understood. */
export type Reading =
  | { kind: 'row'; row: ResultRow }
  /** A row of this request, in an undocumented shape. */
  | { kind: 'unreadable'; customId: string; why: string }
  /** Not JSON: cut or damaged. `custom_id` is set if the line's beginning contains it. */
  | { kind: 'broken'; customId?: string; why: string }
  /** JSON that is not a row of a request. */
  | { kind: 'stray'; why: string };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads one line of results. Never throws. */
export function readLine(line: Buffer): Reading {
  let row: unknown;
  try {
    row = JSON.parse(line.toString('utf8'));
  } catch {
    const customId = HEAD.exec(line.toString('latin1', 0, 160))?.[1];
    return { kind: 'broken', customId, why: 'The line is not JSON: it was cut or damaged.' };
  }
  if (!isObject(row) || typeof row.custom_id !== 'string') {
    return { kind: 'stray', why: 'The line has no custom_id.' };
  }
  const read = readResult(row.custom_id, row.result);
  return typeof read === 'string'
    ? { kind: 'unreadable', customId: row.custom_id, why: read }
    : { kind: 'row', row: read };
}

/** @returns the row, or why the result cannot be understood */
function readResult(customId: string, result: unknown): ResultRow | string {
  if (!isObject(result)) return 'The row has no result.';
  switch (result.type) {
    case 'succeeded': {
      const { message } = result;
      if (!isObject(message)) return 'The row has the type succeeded but no message.';
      if (!isMessage(message))
        return 'The row has the type succeeded, but its message is not an answer of the Messages API.';
      const { stop_reason: stop } = message;
      return { customId, status: 'succeeded', stopReason: typeof stop === 'string' ? stop : null, message };
    }
    case 'errored':
      return readError(customId, result.error);
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
      return typeof result.type === 'string'
        ? `The result has the unknown type ${JSON.stringify(result.type.slice(0, 80))}.`
        : 'The result has no type.';
  }
}

/** Reads an error. The API nests it in an envelope, which gateways omit. */
function readError(customId: string, envelope: unknown): ResultRow | string {
  const error = isObject(envelope) && envelope.type === 'error' ? envelope.error : envelope;
  if (!isObject(error) || typeof error.type !== 'string' || error.type === '') {
    return 'The row has the type errored, but no error with a type.';
  }
  const { type, details } = error;
  const message = typeof error.message === 'string' ? error.message : 'The API gave no message.';
  const code = isObject(details) ? details.error_code : undefined;
  return {
    customId,
    status: 'errored',
    errorType: type,
    errorMessage: message,
    errorCode: typeof code === 'string' ? code : undefined,
    error: { type, message },
  };
}

/** The beginning of a row, with or without spaces. A damaged row may still contain its `custom_id`. */
const HEAD = /^\s*\{\s*"custom_id"\s*:\s*"([A-Za-z0-9_-]{1,64})"/;

const MARK = Buffer.from('\uFEFF');

/** Returns a result line without the byte order mark that the first one may begin with. */
export function withoutMark(line: Line): Line {
  const marked = line.start === 0 && line.bytes.subarray(0, MARK.length).equals(MARK);
  return marked ? { ...line, bytes: line.bytes.subarray(MARK.length), start: MARK.length } : line;
}

/**
 * Returns the text of a succeeded line's message as the API sent it, so that no number in an answer is
 * rounded.
 *
 * @param line a line that `readLine` reads as a succeeded row
 */
export function rawMessage(line: Buffer): string {
  return rawMember(rawMember(line, 'result')!, 'message')!.toString('utf8');
}

/** Bytes of a file of results that are read at most to identify the owner of its batch. */
const MOST_READ = 64 * 1024 * 1024;

/**
 * Reads the results of an ended batch for the nonce of the attempt that made it.
 *
 * @param sought the nonce of an attempt; a single row with it decides
 * @param most bytes after which the rest of the file is not read
 * @returns `sought` if any row has it. Otherwise the most frequent nonce of the whole file, or of its first
 *   `most` bytes; `null` if most rows have none. `undefined` if the download broke off, has no row, or has no
 *   most frequent nonce.
 */
export async function shownNonce(
  api: BatchesApi,
  batch: Pick<Batch, 'id' | 'resultsUrl'>,
  sought: string,
  most = MOST_READ,
): Promise<string | null | undefined> {
  const abort = new AbortController();
  const counts = new Map<string | null, number>();
  try {
    for await (const line of eachLine(await api.results(batch, abort.signal))) {
      const id = customIdOf(readLine(withoutMark(line).bytes));
      if (id !== undefined) {
        const nonce = parseCustomId(id)?.nonce ?? null;
        if (nonce === sought) return nonce;
        counts.set(nonce, (counts.get(nonce) ?? 0) + 1);
      }
      if (line.start >= most) break;
    }
    return mostFrequent(counts);
  } catch {
    // The results are cut short or do not exist yet, so the missing rows may be the attempt's. The next
    // search tries again.
    return undefined;
  } finally {
    abort.abort();
  }
}

function customIdOf(reading: Reading): string | undefined {
  return reading.kind === 'row' ? reading.row.customId : 'customId' in reading ? reading.customId : undefined;
}

/** @returns `undefined` if two are equally frequent: the file holds rows of several batches */
function mostFrequent(counts: ReadonlyMap<string | null, number>): string | null | undefined {
  const [most, next] = [...counts].sort(([, a], [, b]) => b - a);
  return most && most[1] > (next?.[1] ?? 0) ? most[0] : undefined;
}
