import { hash } from 'node:crypto';
import { ApiCallError } from '../../src/anthropic/api-failure';
import { countSample, SAMPLE } from '../../src/anthropic/count-sample';
import { selected } from '../../src/anthropic/create-body';
import { Survey } from '../../src/cost/estimate/strata';
import type { TokenGuess } from '../../src/cost/estimate/token-guess';
import { type ChunkWorstCase, WorstCaseSum } from '../../src/cost/estimate/worst-case';
import { effectivePrices } from '../../src/cost/prices/price-list';
import { assertPriced, type PriceList, UnknownModelError } from '../../src/cost/prices/prices';
import type { PicoUsd } from '../../src/cost/prices/usd';
import type { ChunkRef } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { lotOf, pricedRequest } from '../../src/job-spec/request-facts';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { placeText } from '../../src/job-spec/validation-errors';
import { eachLine } from '../../src/lines/split';
import { readDocument } from '../../src/records/document-line';
import { keys } from '../../src/records/keys';
import { chunkFiles } from '../../src/records/planned-chunk';
import { putJson } from '../../src/store/json';
import type { ActivityDeps } from '../runtime/deps';
import { apiError, StepError } from '../runtime/failure';
import { openRequests, readSelection } from '../runtime/requests';

/** https://platform.claude.com/docs/en/build-with-claude/token-counting */
const UNCOUNTABLE =
  'Server tools, MCP servers, and images and documents by URL or file id cannot be counted. Put such ' +
  'documents in a job without a budget.';

/** The place of a request in the store. */
interface Place {
  ref: ChunkRef;
  ordinal: number;
  /** Offset of its params in the chunk's requests. */
  start: number;
  end: number;
}

interface StoredRequest extends Place {
  params: Record<string, unknown>;
  lot: number;
}

/** Requests that cost more than one request may. */
export interface OverLimit {
  requests: number;
  first: { ref: ChunkRef; ordinal: number; usd: PicoUsd };
}

interface Quoting {
  deps: ActivityDeps;
  spec: NormalizedSpec;
  signal: AbortSignal;
}

/**
 * Calculates the worst-case cost of chunks, by their requests' `max_tokens` and the prompt tokens that the
 * API counts in a sample. Streams the requests twice.
 */
export class ChunkWorstCases {
  readonly #deps: ActivityDeps;
  readonly #spec: NormalizedSpec;
  readonly #signal: AbortSignal;
  readonly #prices: PriceList;
  readonly #date = new Date();
  /** Requests above the limit. Unset if there are none, or no limit. */
  over: OverLimit | undefined;

  readonly #chunks: readonly ChunkRef[];
  readonly #limit: PicoUsd | undefined;

  constructor({ deps, spec, signal }: Quoting, chunks: readonly ChunkRef[], limit?: PicoUsd) {
    this.#chunks = chunks;
    this.#limit = limit;

    this.#deps = deps;
    this.#spec = spec;
    this.#signal = signal;
    this.#prices = effectivePrices(spec.prices);
  }

  /**
   * Writes the worst case of each chunk.
   *
   * @throws a final `anthropic.Unpriced` for a model without a price, and for a prompt whose tokens cannot be
   *   counted
   */
  async write(): Promise<ChunkWorstCase[]> {
    const guess = await this.#guess();
    const quotes: ChunkWorstCase[] = [];
    for (const ref of this.#chunks) {
      const sum = new WorstCaseSum(this.#prices, this.#date);
      for await (const { ordinal, start, end, params, lot } of this.#requests(ref)) {
        const request = pricedRequest(params);
        const worst = sum.add(request, guess.of(lot, request.model, end - start));
        const usd = this.#spec.settings.liveBelow ? worst.standard : worst.batch;
        if (this.#limit !== undefined && usd > this.#limit) this.#note(ref, ordinal, usd);
      }
      await putJson(this.#deps.store, keys.chunkQuote(ref.job, ref.chunk), sum.quote);
      quotes.push(sum.quote);
    }
    return quotes;
  }

  async #guess(): Promise<TokenGuess> {
    const survey = new Survey<Place>(SAMPLE);
    const priced = new Set<string>();
    for (const ref of this.#chunks) {
      for await (const { ordinal, start, end, params, lot } of this.#requests(ref)) {
        const { model } = pricedRequest(params);
        if (!priced.has(model)) this.#assertPriced(model);
        priced.add(model);
        survey.add(model, end - start, lot, { ref, ordinal, start, end });
      }
    }
    return countSample(survey, this.#signal, (place, signal) => this.#count(place, signal));
  }

  #assertPriced(model: string): void {
    try {
      assertPriced(this.#prices, model, this.#date);
    } catch (error) {
      if (!(error instanceof UnknownModelError)) throw error;
      throw new StepError(
        FAILURE.unpriced,
        `${error.message} Without a price, it is unknown whether the job is within its budget. Start ` +
          'it with --prices FILE, or the option prices.',
        { final: true },
      );
    }
  }

  async #count({ ref, ordinal, start, end }: Place, signal: AbortSignal): Promise<number> {
    const { store, anthropic } = this.#deps;
    const parts: Uint8Array[] = [];
    const { requests } = await chunkFiles(store, ref);
    for await (const part of await store.open(requests, { start, end })) parts.push(part);
    const params = JSON.parse(Buffer.concat(parts).toString('utf8'));
    try {
      return await anthropic().countTokens(params, { betas: this.#spec.betas, signal });
    } catch (error) {
      if (!(error instanceof ApiCallError)) throw error;
      const { failure } = error;
      if (failure.type !== FAILURE.refused && failure.type !== FAILURE.notFound) {
        throw apiError(failure, { final: false });
      }
      const of = await placeOf(store, ref, ordinal);
      const why = 'so it is unknown whether the job is within its budget';
      throw new StepError(
        FAILURE.unpriced,
        `The API does not count the tokens of the document ${of}, ${why}: ${failure.message} ${UNCOUNTABLE}`,
        {
          final: true,
          publicMessage:
            `The API does not count the tokens of a document, ${why}. ${UNCOUNTABLE} The job's folder in ` +
            'the store has its message.',
        },
      );
    }
  }

  #note(ref: ChunkRef, ordinal: number, usd: PicoUsd): void {
    this.over ??= { requests: 0, first: { ref, ordinal, usd } };
    this.over.requests += 1;
  }

  /** Yields the requests of a chunk's first round. */
  async *#requests(ref: ChunkRef): AsyncGenerator<StoredRequest> {
    const { store } = this.#deps;
    const selection = await readSelection(store, { ...ref, round: 0 });
    for await (const rows of selected(await openRequests(store, ref, selection))) {
      this.#signal.throwIfAborted();
      for (const { ordinal, params: bytes, start } of rows) {
        const params = JSON.parse(bytes.toString('utf8'));
        const lot = lotOf(hash('sha256', bytes, 'buffer'));
        yield { ref, ordinal, start, end: start + bytes.length, lot, params };
      }
    }
  }
}

/** Describes a document by its id and line, for the owner of the job. */
export async function placeOf(store: ActivityDeps['store'], ref: ChunkRef, ordinal: number): Promise<string> {
  const { documents } = await chunkFiles(store, ref);
  for await (const document of eachLine(await store.open(documents))) {
    if (document.ordinal < ordinal) continue;
    const { id, ...place } = readDocument(document.bytes);
    return `${JSON.stringify(id)} (${placeText(place)})`;
  }
  return `${ordinal} of chunk ${ref.chunk}`;
}
