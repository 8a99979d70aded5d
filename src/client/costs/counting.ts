import { ApiCallError } from '../../anthropic/api-failure';
import { type AnthropicClient, asAnthropic } from '../../anthropic/client';
import { COUNTED_AT_ONCE, countSample } from '../../anthropic/count-sample';
import type { CountTokens } from '../../anthropic/count-tokens';
import { inOrder } from '../../async/in-order';
import type { EstimateSum } from '../../cost/estimate/estimate';
import { exactly } from '../../cost/estimate/range';
import type { Survey } from '../../cost/estimate/strata';
import { isTooLarge } from '../../input/chunk';
import type { InputCursor } from '../../input/entry';
import { FAILURE } from '../../job/failure';
import { lotOf } from '../../job-spec/request-facts';
import type { NormalizedSpec } from '../../job-spec/spec';
import { placeText } from '../../job-spec/validation-errors';
import { EstimateError, quoted } from '../errors';
import { Repeats } from '../start/repeats';
import type { Planned, PlannedRequests } from './planned-requests';

/** Loads the SDK here, because only estimates need it. Programs that only start jobs do not. */
async function counter(client: AnthropicClient | undefined, betas: readonly string[]): Promise<CountTokens> {
  const { tokenCounter } = await import('../../anthropic/count-tokens.js');
  return tokenCounter({ client: asAnthropic(client), betas });
}

/** The options for counting tokens. */
export interface CountingOptions {
  /**
   * The official SDK's client that counts tokens. Default: a new one, from the SDK's environment variables.
   */
  anthropic?: AnthropicClient;
  /** A signal that ends the counting. */
  signal?: AbortSignal;
  /** A callback that receives the number of documents counted so far. */
  onCounted?: (counted: number) => void;
}

/**
 * Counts the tokens of planned requests through the API, several at a time, and adds all requests to a sum.
 */
export class Counting {
  #counted = 0;

  readonly #count: CountTokens;
  readonly #requests: PlannedRequests;
  readonly #chunkBytes: number;
  readonly #repeats: Repeats | undefined;
  readonly #options: CountingOptions;

  private constructor(
    count: CountTokens,
    requests: PlannedRequests,
    chunkBytes: number,
    repeats: Repeats | undefined,
    options: CountingOptions,
  ) {
    this.#count = count;
    this.#requests = requests;
    this.#chunkBytes = chunkBytes;
    this.#repeats = repeats;
    this.#options = options;
  }

  static async of(
    requests: PlannedRequests,
    { betas, chunkBytes, settings }: Pick<NormalizedSpec, 'betas' | 'chunkBytes' | 'settings'>,
    survey: Survey<InputCursor>,
    options: CountingOptions,
  ): Promise<Counting> {
    const repeats = settings.deduplicate ? new Repeats(survey.requests) : undefined;
    return new Counting(await counter(options.anthropic, betas), requests, chunkBytes, repeats, options);
  }

  /** Counts every request that a job would send. */
  async all(sum: EstimateSum): Promise<void> {
    const how = { atOnce: COUNTED_AT_ONCE, signal: this.#options.signal };
    const counting = inOrder(this.#sent(sum), how, async (request, signal) => ({
      request,
      tokens: await this.#tokens(request, signal),
    }));
    for await (const { request, tokens } of counting) {
      sum.add({ ...request, input: exactly(tokens), counted: true });
    }
  }

  /** Counts the sample of a survey of the same requests, and estimates the others. */
  async some(survey: Survey<InputCursor>, sum: EstimateSum): Promise<void> {
    const guess = await countSample(survey, this.#options.signal, async (cursor, signal) =>
      this.#tokens(await this.#requests.at(cursor), signal),
    );
    for await (const request of this.#sent(sum)) {
      const lot = lotOf(request.digest);
      const input = guess.of(lot, request.model, request.bytes);
      sum.add({ ...request, input, counted: guess.isCounted(lot) });
    }
  }

  /** Yields the requests that a job would send. */
  async *#sent(sum: EstimateSum): AsyncGenerator<Planned> {
    for await (const request of this.#requests.all()) {
      if (isTooLarge(request.bytes, this.#chunkBytes)) sum.leaveOut('tooLarge');
      else if (this.#repeats?.has(request.digest)) sum.leaveOut('equal');
      else yield request;
    }
  }

  async #tokens({ id, line, file, params }: Planned, signal: AbortSignal): Promise<number> {
    try {
      const tokens = await this.#count(params, signal);
      this.#options.onCounted?.(++this.#counted);
      return tokens;
    } catch (error) {
      if (!(error instanceof ApiCallError)) throw error;
      const { type, message } = error.failure;
      const isOfDocument = type === FAILURE.refused || type === FAILURE.notFound;
      throw new EstimateError(
        isOfDocument
          ? `The tokens of document ${quoted(id)} (${placeText({ line, file })}) cannot be counted: ${message} ${UNCOUNTABLE}`
          : `Tokens cannot be counted: ${message}`,
        { cause: error },
      );
    }
  }
}

/** https://platform.claude.com/docs/en/build-with-claude/token-counting */
const UNCOUNTABLE =
  'Most likely the request would fail in a batch too. But the API cannot count server tools, MCP ' +
  'servers, or images and documents given by URL or file id.';
