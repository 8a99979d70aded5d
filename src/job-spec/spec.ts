// job-spec/: a user's settings for a job: options, templates, builders, schedules, and their checks. It
// imports src/job and src/cost. Start here; normalize.ts checks a spec.

import type { PriceLine, PriceList, TokenKind } from '../cost/prices/prices';
import type { JobSettings, OnBudget } from '../job/job';
import type { OnComplete } from '../job/on-complete';
import type { RequestTemplate } from './params/types';

/** A number of milliseconds, or a text such as `1s`, `10m`, `2h`. */
export type Duration = number | string;

/** The way a document becomes a Messages API request: a template or a builder. */
export type RequestSpec =
  | {
      /**
       * Params of a Messages API call, in which strings may contain `{{field}}` and `{{a.b}}`. A string that
       * is exactly one placeholder becomes the field's object or array, or its number or boolean where the
       * API expects one. Everywhere else a field becomes text.
       */
      template: RequestTemplate;
      builder?: undefined;
    }
  | {
      /** The name of a function in the `builders` of the worker's plugin. */
      builder: string;
      template?: undefined;
    };

/** The options of a job. */
export interface JobOptions {
  /** Requests per chunk, and so per batch. 1 to 100,000. Default 10,000. */
  chunkSize?: number;
  /**
   * Bytes of request body per chunk. Default 90 % of 256 MB. A larger single request gets the outcome
   * `not_sent`.
   */
  chunkBytes?: number;
  /** The most batches of this job in flight at a time. Default 20. */
  maxBatchesInFlight?: number;
  /** The most requests of this job in flight at a time. One chunk is always allowed. Default 200,000. */
  maxRequestsInFlight?: number;
  /** Shortest time between two polls of a batch. Default 30 s. */
  pollFloor?: Duration;
  /** Longest time between two polls of a batch. Default 15 min. */
  pollCeiling?: Duration;
  /** Rounds in total, including the first. 1 to 20. Default 3. */
  maxRounds?: number;
  /**
   * Resends requests whose paid results are gone: deleted, or older than the 29 days for which the API keeps
   * them. **They are paid for again.** Each resend counts as a round. Default `false`: they end as
   * `results_unavailable`.
   */
  resendLostResults?: boolean;
  /**
   * Sends identical requests once, and gives the answer to each of their documents. Requests are identical if
   * their params are equal byte for byte. Default `true`. Set `false` to get several answers to one prompt.
   */
  deduplicate?: boolean;
  /**
   * Reuses answers that an earlier job of the store paid for, for requests whose params are equal byte for
   * byte, instead of sending them again. With a duration, only answers of jobs that ended within it. Default
   * `false`.
   */
  reuse?: boolean | Duration;
  /**
   * The most the job may cost, in USD: a decimal string, or a number. Each chunk reserves its worst case
   * before it is sent. Once it has ended, its cost replaces the reservation. `onBudget` decides what happens
   * if the budget is too small. Default: no limit.
   */
  maxUsd?: string | number;
  /**
   * The most any one request may cost in the worst case, in USD. If one may cost more, nothing is sent.
   * Default: no limit.
   */
  maxUsdPerRequest?: string | number;
  /**
   * The policy if a budget is too small. `refuse`: the job sends nothing unless its worst case fits its own
   * budget and the rest of the store's budget. `end`: the job sends what fits, and ends. `wait`: the job
   * sends what fits, and the rest waits until the budget is raised. Default `refuse`.
   */
  onBudget?: OnBudget;
  /**
   * The threshold for live requests. A job, or a later round of a chunk, with fewer requests to send sends
   * them live with `messages.create`. They are answered immediately, **at full price**, which is twice that
   * of a batch. At most 10,000. Default 0: never.
   */
  liveBelow?: number;
  /** The `anthropic-beta` values, which are sent with every batch and every live request of the job. */
  betas?: string[];
  /**
   * The names of fields, at any level of the params, that are sent without a check: fields that are newer
   * than the check of this release. Default none.
   */
  allowUnknownParams?: string[];
  /**
   * The longest time that each step before the first send waits for a worker that can run it, and for an API
   * that answers. The worker needs a working API key, the job's store, the job's builder and, for a
   * schedule's firing, a folder of inputs. After that time the job fails, and nothing was sent. At most 30
   * days. 0 fails immediately. Default 24 h.
   */
  waitForWorker?: Duration;
  /**
   * The field that holds a document's id. A document without it gets its line number as its id. Default `id`.
   */
  idField?: string;
  /** Your own prices by model, for models without a known price or with a different price for you. */
  prices?: Readonly<Record<string, OwnPrice | readonly OwnPrice[]>>;
  /** Your own tags, such as `{ team: 'search' }`, to group costs by. They stay in the store. */
  tags?: Readonly<Record<string, string>>;
  /**
   * What the job starts when it has completed, failed or been canceled: `{ workflow: 'notify' }` or
   * `{ webhook: 'ops' }`. A terminated job starts it when it is reconciled. Default nothing.
   */
  onComplete?: OnComplete;
}

/** A user's own prices for a model, in USD per million tokens, as decimal strings or numbers. */
export type OwnPrice = Record<TokenKind, string | number> & Pick<PriceLine, 'from' | 'upTo'>;

/** The spec of a job: how to build its requests, and its options. */
export type JobSpec = RequestSpec & JobOptions;

/** The format of an input: lines of JSON, one JSON array, rows separated by commas or by tabs, or Parquet. */
export type InputFormat = 'jsonl' | 'json' | 'csv' | 'tsv' | 'parquet';

/** What the numbers of an input's documents count. */
export type InputUnit = 'line' | 'element' | 'row';

/** How an input is to be read. */
export interface InputType {
  /**
   * The format. Default: by the ending of a file's name, below `.gz` and `.zst`: `.jsonl`, `.ndjson`,
   * `.json`, `.csv`, `.tsv` or `.parquet`.
   */
  format: InputFormat;
  /** The separator of CSV, one character. Default: a comma. */
  delimiter?: string;
}

/**
 * How a job's copy of its input is stored: one file of text unchanged, decompressed. Several files, or
 * Parquet, are `rows`: one JSON object a line with file, line and fields of a document.
 */
export interface StoredInput {
  format: 'jsonl' | 'json' | 'csv' | 'rows';
  /** The separator of CSV, if it was given. */
  delimiter?: string;
  /** What the line numbers of rows count, if they are those of one file. */
  unit?: InputUnit;
}

/** The source of a job's documents. */
export type PlanSource =
  | ({
      kind: 'input';
      /** Stored documents. Absent if the input is in the job's folder. */
      documents?: { key: string; sha256: string };
    } & StoredInput)
  /** The failed documents of an earlier job, with their stored requests. */
  | { kind: 'retry'; of: { id: string; instance: string }; chunks: number }
  /** A batch that another tool created. The job only downloads its results. */
  | { kind: 'adopt'; batch: string };

/** The spec in the store's `spec.json`, with all defaults filled in and durations in milliseconds. */
export interface NormalizedSpec {
  version: 1;
  /** The exact job id. The folder's name only encodes it. */
  id: string;
  source: PlanSource;
  request: { template: unknown } | { builder: string } | { stored: true } | { adopted: true };
  /** The model, if the template names it without a placeholder. */
  model?: string;
  idField: string;
  chunkSize: number;
  chunkBytes: number;
  /** Milliseconds. */
  waitForWorker: number;
  betas: string[];
  allowUnknownParams: string[];
  /** Absent if none were given. */
  prices?: PriceList;
  /** Absent if none were given. */
  tags?: Record<string, string>;
  /** Absent if none was given. */
  onComplete?: OnComplete;
  /** The id of the schedule that started the job. */
  schedule?: string;
  settings: JobSettings;
}
