// job-spec/: what a user says of a job: options, templates, builders, schedules, and their checks. It imports src/job and
// src/cost. Start here; normalize.ts checks a spec.

import type { PriceLine, PriceList, TokenKind } from '../cost/prices/prices';
import type { JobSettings, OnBudget } from '../job/job';

/** Milliseconds, or a text such as `1s`, `10m`, `2h`. */
export type Duration = number | string;

/** How a document becomes a Messages API request. */
export type RequestSpec =
  | {
      /**
       * Params of a Messages API call in which strings may hold `{{field}}` and `{{a.b}}`. A string that is one
       * placeholder and nothing else takes the field's object or array as it is; everywhere else a field becomes text.
       */
      template: unknown;
      builder?: undefined;
    }
  | {
      /** Name of a function that the worker's plugin was given in `builders`. */
      builder: string;
      template?: undefined;
    };

export interface JobOptions {
  /** Requests a chunk, and so a batch. 1 to 100,000; default 10,000. */
  chunkSize?: number;
  /** Bytes of request body a chunk. Default 90 % of 256 MB. A single request above it becomes a `not_sent` outcome. */
  chunkBytes?: number;
  /** Batches of this job unfinished at a time. Default 20. */
  maxBatchesInFlight?: number;
  /** Requests of this job in unfinished batches; at least one chunk always goes. Default 200,000. */
  maxRequestsInFlight?: number;
  /** Shortest time between two polls of a batch. Default 30 s. */
  pollFloor?: Duration;
  /** Longest time between two polls of a batch. Default 15 min. */
  pollCeiling?: Duration;
  /** Rounds in all, the first one counted. 1 to 20; default 3. */
  maxRounds?: number;
  /**
   * Sends requests again whose batch was bought and whose results are gone: deleted, or older than the 29 days for which the API
   * keeps them. **They are paid for again.** Each time counts as a round. Default false: they end as `results_unavailable`.
   */
  resendLostResults?: boolean;
  /**
   * Sends requests whose params are equal to the byte once, and gives the answer to each of their documents. Default true; false for whoever
   * wants several answers to one prompt.
   */
  deduplicate?: boolean;
  /**
   * Takes answers that an earlier job of the store paid for, to requests whose params are equal to the byte, instead of sending them again: any,
   * or with a duration those of jobs that ended within it. Default false.
   */
  reuse?: boolean | Duration;
  /**
   * What the job may cost, in USD: a decimal string, or a number. Each chunk reserves its worst case before it is sent, and gives way to
   * what it cost once it has ended. What becomes of a job that is too dear, `onBudget` says. Default: it is not limited.
   */
  maxUsd?: string | number;
  /** What any one request may cost in the worst case, in USD: with a dearer one nothing is sent. Default: it is not limited. */
  maxUsdPerRequest?: string | number;
  /**
   * `refuse`: nothing is sent unless the worst case of the whole job is within its budget, and what the period of the store's has left. `end`: what is within it is
   * sent, and the rest is not. `wait`: the rest waits until the budget is raised. Default `refuse`.
   */
  onBudget?: OnBudget;
  /**
   * A job with fewer requests to send than these, and a retry round of a chunk with fewer, sends them live with `messages.create`: they are
   * answered at once, **at full price**, which is twice that of a batch. At most 10,000; default 0: never.
   */
  liveBelow?: number;
  /** `anthropic-beta` values, sent with every batch of the job. */
  betas?: string[];
  /**
   * How long each step before anything is sent waits for a worker that can take it: one with an API key that works, the job's store, the job's
   * builder, and, for a schedule's firing, a folder of inputs; and for an API that answers. After that the job fails, and nothing was sent. At
   * most 30 days; 0 fails at once. Default 24 h.
   */
  waitForWorker?: Duration;
  /** The field that holds a document's id. Default `id`; where a document has none, its line number. */
  idField?: string;
  /** Prices of your own by model, for models that have none here or that cost you something else. */
  prices?: Readonly<Record<string, OwnPrice | readonly OwnPrice[]>>;
  /** Names with values of your choice, such as `{ team: 'search' }`: costs are told by them. They stay in the store. */
  tags?: Readonly<Record<string, string>>;
}

/** A model's prices as a user gives them, in USD per million tokens: decimal strings, or numbers. */
export type OwnPrice = Record<TokenKind, string | number> & Pick<PriceLine, 'from' | 'upTo'>;

export type JobSpec = RequestSpec & JobOptions;

export type InputFormat = 'jsonl' | 'csv';

/** Where a job's documents come from, in the store's words. */
export type PlanSource =
  | { kind: 'input'; format: InputFormat }
  /** The failed documents of an earlier job, with the requests that are stored there. */
  | { kind: 'retry'; of: { id: string; instance: string }; chunks: number }
  /** A batch that another tool made: only its results are taken. */
  | { kind: 'adopt'; batch: string };

/** The spec as the store keeps it in `spec.json`: every default filled in, durations in milliseconds. */
export interface NormalizedSpec {
  version: 1;
  /** The exact job id, because a folder's name is only an encoding of it. */
  id: string;
  source: PlanSource;
  request: { template: unknown } | { builder: string } | { stored: true } | { adopted: true };
  /** The model, where the template names it without a placeholder. */
  model?: string;
  idField: string;
  chunkSize: number;
  chunkBytes: number;
  /** Milliseconds. */
  waitForWorker: number;
  betas: string[];
  /** Absent where none were given. */
  prices?: PriceList;
  /** Absent where none were given. */
  tags?: Record<string, string>;
  /** The id of the schedule that started the job. */
  schedule?: string;
  settings: JobSettings;
}
