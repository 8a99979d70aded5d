import type { Random } from './random';
import { planSegmented } from './segmented';
import { drawTerms, type Terms } from './terms';

export interface PlannedDocument {
  id: string;
  /**
   * Unique to this job, so that payments can be identified by its digest. Documents with equal text make one
   * request.
   */
  text: string;
  expected: Expected;
}

/**
 * The outcome of a document in an undisturbed job. `either`: it may fail in every round of the job.
 * `unsendable`: it is too large.
 */
export type Expected = 'succeeded' | 'failed' | 'either' | 'unsendable';

export type Fate =
  | { kind: 'finish' }
  | { kind: 'cancel'; after: number }
  /** Its owner then reconciles it. `cancel`: without waiting for the ends of its batches. */
  | { kind: 'terminate'; after: number; cancel: boolean };

export interface PlannedJob {
  id: string;
  documents: PlannedDocument[];
  chunkSize: number;
  /** Unset: the product's default. */
  chunkBytes?: number;
  maxRounds: number;
  maxBatchesInFlight: number;
  terms: Terms;
  fate: Fate;
}

const TRANSIENT = [
  'errored:overloaded_error',
  'errored:rate_limit_error',
  'errored:api_error',
  'errored:timeout_error',
  'expired',
  'canceled',
];
const PERMANENT = ['errored:invalid_request_error', 'errored:permission_error', 'errored:not_found_error'];
const INCOMPLETE = ['max_tokens', 'refusal', 'pause_turn'];

/** Few chunk sizes, so that batches of several jobs and of strangers have equal sizes. */
const CHUNK_SIZES = [5, 10, 20];

/**
 * The fraction of a job's documents that repeat an earlier one. Large enough that some whole chunks have
 * nothing to send.
 */
const EQUAL = [0, 0, 0, 0.2, 0.2, 0.9];

/** Probability of a job with segments. Such a job has hundreds of chunks. */
const SEGMENTED = 0.02;

export function planJob(random: Random, number: number): PlannedJob {
  const isSegmented = random.of('segmented').chance(SEGMENTED);
  const ordinary = planOrdinary(random, number);
  return {
    id: `chaos-${number}`,
    ...ordinary,
    ...(isSegmented
      ? planSegmented(random, number)
      : { terms: drawTerms(random.of('terms'), ordinary.documents) }),
  };
}

function planOrdinary(random: Random, number: number): Omit<PlannedJob, 'id'> {
  const chunkSize = random.pick(CHUNK_SIZES);
  const maxRounds = random.int(2, 4);
  const count = random.int(1, 5) * chunkSize - random.pick([0, 0, 1, 3]);
  const large = random.chance(0.2);
  const equal = random.pick(EQUAL);
  const documents: PlannedDocument[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = `doc-${index}`;
    const isEqual = index > 0 && random.chance(equal);
    const name = `job ${number} document ${index}`;
    const content = isEqual ? random.pick(documents) : planContent(random, name, { maxRounds, large });
    documents.push({ ...content, id });
  }
  return {
    documents,
    chunkSize,
    maxRounds,
    maxBatchesInFlight: random.int(1, 5),
    terms: {},
    fate: drawFate(random),
  };
}

/**
 * Returns the first document of each request of a job, by text. It is sent, and the equal ones get its
 * outcome.
 */
export function firstOfEach({ documents }: Pick<PlannedJob, 'documents'>): Map<string, number> {
  const first = new Map<string, number>();
  for (const [index, { text }] of documents.entries()) if (!first.has(text)) first.set(text, index);
  return first;
}

function planContent(
  random: Random,
  name: string,
  { maxRounds, large }: { maxRounds: number; large: boolean },
): Omit<PlannedDocument, 'id'> {
  const { marker, expected } = drawMarker(random, maxRounds);
  const filler = 'x'.repeat(large ? random.int(20_000, 150_000) : random.int(0, 300));
  return { text: `Of chaos: ${name} ${marker} ${filler}`, expected };
}

function drawMarker(random: Random, maxRounds: number): { marker: string; expected: Expected } {
  const draw = random.next();
  if (draw < 0.12) {
    const times = random.int(1, 3);
    // Requests that were sent and lost count too, so a document may need fewer rounds than its marker says,
    // never more.
    const expected = times < maxRounds ? 'succeeded' : 'either';
    return { marker: `[[sim:${random.pick(TRANSIENT)}:times=${times}]]`, expected };
  }
  if (draw < 0.15) return { marker: `[[sim:${random.pick(PERMANENT)}]]`, expected: 'failed' };
  if (draw < 0.18) return { marker: `[[sim:${random.pick(INCOMPLETE)}]]`, expected: 'succeeded' };
  return { marker: '', expected: 'succeeded' };
}

function drawFate(random: Random): Fate {
  const kind = random.pick([
    'finish',
    'finish',
    'finish',
    'finish',
    'finish',
    'cancel',
    'terminate',
    'terminate',
  ]);
  if (kind === 'finish') return { kind };
  const after = random.int(0, 30_000);
  return kind === 'cancel' ? { kind, after } : { kind: 'terminate', after, cancel: random.chance(0.3) };
}
