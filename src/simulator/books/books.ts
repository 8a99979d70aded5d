import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type Anthropic from '@anthropic-ai/sdk';
import { readJsonLines } from '../files';
import type { Batches } from '../life/batches';
import { type BatchRecord, fates, hasEnded } from '../life/life';
import { isSuccess } from '../life/outcomes';
import type { Plan } from '../life/plan';
import { addTokens, noTokens, type Tokens } from '../life/usage';

/** What one batch was billed for. */
export interface BatchBooks {
  id: string;
  created_at: string;
  size: number;
  /** All are in `processing` until the batch has ended. */
  counts: Anthropic.Messages.MessageBatchRequestCounts;
  /** Billed for the batch's successes once it has ended, whether or not the results were read. */
  usage: Tokens;
  canceled: boolean;
  deleted: boolean;
}

/** What was billed at a moment. */
export interface Books {
  /** Oldest first, including deleted ones. */
  batches: BatchBooks[];
  /** Totals of all batches. */
  billed: {
    /** Number of successes. */
    requests: number;
    /** Number of distinct params that succeeded at least once, by digest. */
    distinct: number;
    /** Successes beyond the first of the same params, that is what was paid for again. */
    repeated: number;
    usage: Tokens;
  };
  /** Calls of `POST /v1/messages`, at the standard price. `distinct` and `repeated` as in `billed`. */
  messages: { requests: number; distinct: number; repeated: number; usage: Tokens };
}

/** One billed success. */
export interface BilledRequest {
  /** SHA-256 of the params, in hex: see `paramsDigest`. */
  digest: string;
  /** `null` for a call of `POST /v1/messages`. */
  batch: string | null;
  usage: Tokens;
}

/** A billed Messages call. */
interface BilledMessage {
  digest: string;
  tokens: Tokens;
}

const MESSAGES_FILE = 'messages.jsonl';

/** Records a billed Messages call. */
export function bookMessage(dir: string, digest: Buffer, tokens: Tokens): void {
  const billed: BilledMessage = { digest: digest.toString('hex'), tokens };
  appendFileSync(join(dir, MESSAGES_FILE), `${JSON.stringify(billed)}\n`);
}

export function booksAt(dir: string, batches: Batches, now: number): Books {
  const books: Books = {
    batches: [],
    billed: { requests: 0, distinct: 0, repeated: 0, usage: noTokens() },
    messages: messageBooks(dir),
  };
  const { billed } = books;
  for (const batch of batches.all()) {
    const entry = batchBooks(batches, batch, now);
    books.batches.push(entry);
    billed.requests += entry.counts.succeeded;
    addTokens(billed.usage, entry.usage);
  }
  billed.distinct = distinctParams(batches, billed.requests, now);
  billed.repeated = billed.requests - billed.distinct;
  return books;
}

/** Yields every billed success: batch by batch, then the Messages calls. */
export function* billedRequests(dir: string, batches: Batches, now: number): Generator<BilledRequest> {
  for (const batch of batches.all()) {
    for (const { plan, index } of successes(batches, batch, now)) {
      const usage = noTokens();
      plan.addTokens(index, usage);
      yield { digest: plan.digest(index).toString('hex'), batch: batch.id, usage };
    }
  }
  for (const { digest, tokens: usage } of billedMessages(dir)) yield { digest, batch: null, usage };
}

/** Yields the successful requests of a batch, by their index in its plan. */
function* successes(
  batches: Batches,
  batch: BatchRecord,
  now: number,
): Generator<{ plan: Plan; index: number }> {
  if (!hasEnded(batch, now)) return;
  const plan = batches.plan(batch);
  const fate = fates(batch);
  for (let index = 0; index < plan.size; index++) {
    if (isSuccess(fate(index, plan.outcome(index)))) yield { plan, index };
  }
}

/**
 * Counts distinct params by the first 8 bytes of their digests. Uses 8 bytes per request; a collision is
 * practically impossible.
 */
function distinctParams(batches: Batches, billed: number, now: number): number {
  const prefixes = new BigUint64Array(billed);
  let filled = 0;
  for (const batch of batches.all()) {
    for (const { plan, index } of successes(batches, batch, now))
      prefixes[filled++] = plan.digest(index).readBigUInt64LE(0);
  }
  prefixes.sort();
  let distinct = 0;
  for (let at = 0; at < filled; at++) if (at === 0 || prefixes[at] !== prefixes[at - 1]) distinct++;
  return distinct;
}

function batchBooks(batches: Batches, batch: BatchRecord, now: number): BatchBooks {
  const tally = hasEnded(batch, now) ? batches.tally(batch) : undefined;
  return {
    id: batch.id,
    created_at: new Date(batch.createdAt).toISOString(),
    size: batch.size,
    counts: {
      ...(tally?.counts ?? { processing: batch.size, succeeded: 0, errored: 0, canceled: 0, expired: 0 }),
    },
    usage: { ...(tally?.usage ?? noTokens()) },
    canceled: batch.canceledAt !== undefined,
    deleted: batch.deletedAt !== undefined,
  };
}

function messageBooks(dir: string): Books['messages'] {
  const books = { requests: 0, distinct: 0, repeated: 0, usage: noTokens() };
  const digests = new Set<string>();
  for (const { digest, tokens } of billedMessages(dir)) {
    books.requests++;
    digests.add(digest);
    addTokens(books.usage, tokens);
  }
  books.distinct = digests.size;
  books.repeated = books.requests - books.distinct;
  return books;
}

const billedMessages = (dir: string) => readJsonLines<BilledMessage>(join(dir, MESSAGES_FILE));
