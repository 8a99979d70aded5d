import { inUnitOf, unitOf } from '../../input/documents';
import { firstDocuments } from '../../input/first-documents';
import { sampledDocuments } from '../../input/sampled-documents';
import { show } from '../../job-spec/show';
import type { StoredInput } from '../../job-spec/spec';
import type { Store } from '../../store/store';
import { InputSourceError } from '../errors';
import type { InputSource } from '../types';
import { invalid, type OpenedInput, openWhole } from './whole-input';

/** A sample is held in memory. */
const MOST_SAMPLED = 10_000;

/** Opens an input, or the part of it that was asked for: see `openWhole`. @throws {InputSourceError} */
export async function openInput(input: InputSource): Promise<OpenedInput> {
  const { limit, sample } = input ?? {};
  if (limit === undefined && sample === undefined) return openWhole(input);
  if (limit !== undefined && sample !== undefined) {
    throw new InputSourceError(
      '`limit` and `sample` cannot be combined: give one of them. Nothing was started.',
    );
  }
  if (limit !== undefined) {
    assertCount('limit', limit, Number.MAX_SAFE_INTEGER);
    const opened = await openWhole(input);
    return part(opened, opened.stored, (bytes) => firstDocuments(bytes, opened.stored, limit));
  }
  assertCount('sample', sample, MOST_SAMPLED);
  const opened = await openWhole(input);
  const stored: StoredInput = { format: 'rows', unit: unitOf(opened.stored) };
  return part(opened, stored, (bytes) => sampledDocuments(bytes, opened.stored, sample!));
}

function assertCount(option: string, value: unknown, most: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most) return;
  const allowed =
    most === Number.MAX_SAFE_INTEGER ? 'of at least 1' : `from 1 to ${most.toLocaleString('en-US')}`;
  throw new InputSourceError(
    `\`${option}\` must be an integer ${allowed} (got ${show(value)}). Nothing was started.`,
  );
}

/** Returns an input with some of its documents. */
function part(
  input: OpenedInput,
  stored: StoredInput,
  take: (bytes: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>,
): OpenedInput {
  async function* bytes() {
    try {
      yield* take(input.bytes());
    } catch (error) {
      throw invalid(inUnitOf({ kind: 'input', ...input.stored }, error));
    }
  }
  return { stored, bytes, path: input.path, isConverted: true };
}

/** Copies an input into the store: one file decompressed, and anything else as lines of JSON. */
export async function copyInput(store: Store, key: string, input: OpenedInput): Promise<void> {
  await store.put(key, input.bytes(), { ifAbsent: true });
}
