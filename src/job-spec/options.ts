import { z } from 'zod';
import { MOST_REQUESTS } from '../job/limits';
import { usdAmount } from './amount';
import { parseDuration } from './duration';
import { ON_COMPLETE, onComplete } from './on-complete';
import { ownPrices } from './price-file';
import { record } from './record';
import type { JobOptions } from './spec';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

/** The API's limit for a batch's body: 256 MB, with the smaller definition of a megabyte. */
const API_BATCH_BYTES = 256_000_000;

const MOST_TAGS = 10;
/** The allowed names of tags. */
export const TAG_NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** The limit for live requests: each takes two files of the store. */
const MOST_LIVE = 10_000;

interface OptionRule {
  schema: z.ZodType;
  /** The allowed values, in words that continue "must be". */
  allowed: string;
}

const count = (least: number, most = Number.MAX_SAFE_INTEGER) => z.int().min(least).max(most);

const time = (least: number, most: number) =>
  z
    .unknown()
    .transform((value) => parseDuration(value) ?? Number.NaN)
    .pipe(z.number().min(least).max(most));

const AMOUNT = 'an amount in USD above 0, such as "12.50", with at most 12 decimal places';

const amount = z.unknown().transform((value, context) => {
  const usd = usdAmount(value);
  if (usd !== undefined) return usd;
  context.addIssue(AMOUNT);
  return z.NEVER;
});

/** The rules of every option except the request. */
export const OPTION_RULES = {
  chunkSize: {
    schema: count(1, MOST_REQUESTS).default(10_000),
    allowed: 'an integer from 1 to 100,000',
  },
  chunkBytes: {
    // The remaining 10 % covers what is not counted exactly.
    schema: count(1, API_BATCH_BYTES).default(0.9 * API_BATCH_BYTES),
    allowed: 'an integer number of bytes from 1 to 256,000,000',
  },
  maxBatchesInFlight: { schema: count(1).default(20), allowed: 'an integer of at least 1' },
  maxRequestsInFlight: { schema: count(1).default(200_000), allowed: 'an integer of at least 1' },
  pollFloor: {
    schema: time(SECOND, 24 * HOUR).prefault(30 * SECOND),
    allowed: 'a duration from 1s to 24h, such as "30s", or a number of milliseconds',
  },
  pollCeiling: {
    schema: time(SECOND, 24 * HOUR).prefault(HOUR / 4),
    allowed: 'a duration from 1s to 24h, such as "15m", or a number of milliseconds',
  },
  maxRounds: { schema: count(1, 20).default(3), allowed: 'an integer from 1 to 20' },
  resendLostResults: { schema: z.boolean().default(false), allowed: 'true or false' },
  deduplicate: { schema: z.boolean().default(true), allowed: 'true or false' },
  reuse: {
    schema: z.union([z.boolean(), time(1, Number.MAX_SAFE_INTEGER)]).default(false),
    allowed:
      'true, false, or the maximum age of an answer: a duration such as "7d", or a number of milliseconds',
  },
  maxUsd: { schema: amount.optional(), allowed: AMOUNT },
  maxUsdPerRequest: { schema: amount.optional(), allowed: AMOUNT },
  onBudget: {
    schema: z.enum(['refuse', 'end', 'wait']).default('refuse'),
    allowed: '"refuse", "end" or "wait"',
  },
  liveBelow: { schema: count(0, MOST_LIVE).default(0), allowed: 'an integer from 0 to 10,000' },
  waitForWorker: {
    schema: time(0, 30 * DAY).prefault(DAY),
    allowed: 'a duration from 0s to 30d, such as "24h", or a number of milliseconds',
  },
  betas: {
    // Joined with commas into one header, so a value must not contain one.
    schema: z.array(z.string().regex(/^[A-Za-z0-9._:-]+$/)).default([]),
    allowed: 'an array of anthropic-beta values, such as ["output-300k-2026-03-24"]',
  },
  allowUnknownParams: {
    // The job's own code needs the three.
    schema: z.array(z.string().regex(/^(?!(model|max_tokens|messages)$)./)).default([]),
    allowed: 'an array of names of fields, such as ["new_field"], without model, max_tokens and messages',
  },
  idField: { schema: z.string().min(1).default('id'), allowed: 'the name of a field' },
  prices: {
    schema: ownPrices.default({}),
    allowed:
      'an object of prices by model in USD per million tokens, such as {"claude-next": {"input": ' +
      '"3", "output": "15", "cacheWrite5m": "3.75", "cacheWrite1h": "6", "cacheRead": "0.30"}}',
  },
  tags: {
    schema: record(z.string().regex(TAG_NAME), z.string().regex(/^[^\p{Cc}\p{Cs}]{1,128}$/u))
      .refine((tags) => Object.keys(tags).length <= MOST_TAGS)
      .default({}),
    allowed:
      `an object of at most ${MOST_TAGS} tags such as {"team": "search"}: ` +
      'names of 1 to 64 letters, digits, ".", "_" and "-", values of 1 to 128 characters',
  },
  onComplete: {
    schema: onComplete.optional(),
    allowed: ON_COMPLETE,
  },
} satisfies { [Name in keyof Required<JobOptions>]: OptionRule };

/** The names of all options of a job spec. */
export const OPTION_NAMES = ['template', 'builder', ...Object.keys(OPTION_RULES)];
