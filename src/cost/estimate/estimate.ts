// estimate/: calculates what requests may cost before they are sent. Start here.

import type { PriceList } from '../prices/prices';
import { type PicoUsd, usdString } from '../prices/usd';
import { outputRange, type PricedRequest, priceRange } from './bounds';
import { FEW_REQUESTS } from './formula-estimate';
import { limitsOf } from './models';
import { BOUNDS, inRange, type Range } from './range';

/** Exact amounts in USD, as decimal strings. */
export interface Amounts {
  standard: string;
  batch: string;
  saved: string;
}

/** A document that its model rejects. */
export interface OverLimit {
  id: string;
  /** Line of the input, from 1. */
  line: number;
  /** The file that has the line, if the input has several. */
  file?: string;
  model: string;
  /** Tokens of its prompt, or its `max_tokens`. */
  tokens: number;
  limit: number;
  /** Whether the tokens were counted. Otherwise they are estimated from the size. */
  counted: boolean;
}

/** Documents beyond a limit of their model. */
export interface OverLimits {
  documents: number;
  /** The first of them. */
  first: OverLimit[];
}

/** The estimated cost of a job. */
export interface Estimate {
  documents: number;
  /** Requests to send. All fields below are about these. */
  requests: number;
  /** Documents that are not sent because their request is larger than `chunkBytes`. */
  tooLarge: number;
  /** Documents that are not sent because their request is equal to an earlier one. */
  equal: number;
  /** Requests whose tokens were counted, for themselves or for an equal one. */
  counted: number;
  /** Requests that use the cache. */
  cached: number;
  inputTokens: Range<number>;
  outputTokens: Range<number>;
  usd: Range<Amounts>;
  /** Prompts that exceed their model's context window. */
  overContext: OverLimits;
  /** Requests whose `max_tokens` exceed their model's limit. */
  overOutput: OverLimits;
  /** Models whose limits are unknown, and so not checked. */
  unknownLimits: string[];
  /** So few requests that a batch is hardly worth the wait. */
  few: boolean;
  /**
   * The job would reuse answers of earlier jobs (`reuse`). The estimate did not search for them: the job may
   * send less and cost less.
   */
  reuseIgnored: boolean;
}

export interface EstimateTerms {
  prices: PriceList;
  date: Date;
  betas: readonly string[];
  /** The job reuses answers of earlier jobs. */
  reuse: boolean;
  /** Output tokens that the user expects per answer. */
  outputTokens?: number;
}

/** A request with the known tokens of its prompt. */
export interface EstimatedRequest extends PricedRequest {
  id: string;
  line: number;
  file?: string;
  input: Range<number>;
  counted: boolean;
}

/** The most documents over a limit that are named. */
const NAMED = 5;

/**
 * Adds up the cost of requests, one at a time: each request determines its price tier, so totals cannot be
 * priced afterwards.
 */
export class EstimateSum {
  #documents = 0;
  #counted = 0;
  #cached = 0;
  #tooLarge = 0;
  #equal = 0;
  readonly #inputTokens = { low: 0, likely: 0, worst: 0 };
  readonly #outputTokens = { low: 0, likely: 0, worst: 0 };
  readonly #standard = { low: 0n, likely: 0n, worst: 0n };
  readonly #batch = { low: 0n, likely: 0n, worst: 0n };
  readonly #overContext: OverLimits = { documents: 0, first: [] };
  readonly #overOutput: OverLimits = { documents: 0, first: [] };
  readonly #unknownLimits = new Set<string>();

  readonly #settings: EstimateTerms;

  constructor(settings: EstimateTerms) {
    this.#settings = settings;
  }

  /** @throws {UnknownModelError} */
  add(request: EstimatedRequest): void {
    const { prices, date, outputTokens } = this.#settings;
    const { input } = request;
    const output = outputRange(request.maxTokens, outputTokens);
    const price = priceRange(request, input, output, prices, date);
    for (const bound of BOUNDS) {
      this.#inputTokens[bound] += input[bound];
      this.#outputTokens[bound] += output[bound];
      this.#standard[bound] += price[bound].standard;
      this.#batch[bound] += price[bound].batch;
    }
    this.#documents++;
    if (request.counted) this.#counted++;
    if (request.cache) this.#cached++;
    this.#compare(request);
  }

  /** Adds a document whose request is not sent, and so costs nothing. */
  leaveOut(why: 'tooLarge' | 'equal'): void {
    this.#documents++;
    if (why === 'equal') this.#equal++;
    else this.#tooLarge++;
  }

  get estimate(): Estimate {
    const documents = this.#documents;
    const counted = this.#counted;
    const tooLarge = this.#tooLarge;
    const equal = this.#equal;
    const cached = this.#cached;
    const requests = documents - tooLarge - equal;
    return {
      documents,
      requests,
      tooLarge,
      equal,
      counted,
      cached,
      inputTokens: { ...this.#inputTokens },
      outputTokens: { ...this.#outputTokens },
      usd: inRange((bound) => amounts(this.#standard[bound], this.#batch[bound])),
      overContext: this.#overContext,
      overOutput: this.#overOutput,
      unknownLimits: [...this.#unknownLimits],
      few: requests < FEW_REQUESTS,
      reuseIgnored: this.#settings.reuse,
    };
  }

  #compare(request: EstimatedRequest): void {
    const limits = limitsOf(request.model, this.#settings.betas);
    if (!limits) this.#unknownLimits.add(request.model);
    else {
      const { input, maxTokens, counted } = request;
      note(this.#overContext, request, { tokens: input.likely, counted }, limits.context);
      note(this.#overOutput, request, { tokens: maxTokens, counted: true }, limits.output);
    }
  }
}

const amounts = (standard: PicoUsd, batch: PicoUsd): Amounts => ({
  standard: usdString(standard),
  batch: usdString(batch),
  saved: usdString(standard - batch),
});

function note(
  over: OverLimits,
  { id, line, file, model }: EstimatedRequest,
  found: Pick<OverLimit, 'tokens' | 'counted'>,
  limit = Number.POSITIVE_INFINITY,
): void {
  if (found.tokens <= limit) return;
  over.documents++;
  if (over.first.length < NAMED)
    over.first.push({ id, line, ...(file === undefined ? {} : { file }), model, limit, ...found });
}
