import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type Anthropic from '@anthropic-ai/sdk';
import type { CountTokens } from '../anthropic/count-tokens';
import { ApiCallError } from '../anthropic/errors';
import { type Estimate, EstimateSum } from '../cost/estimate';
import { PRICES } from '../cost/price-list';
import { assertPriced, type PriceList } from '../cost/prices';
import { exactly } from '../cost/range';
import { Survey } from '../cost/strata';
import { TokenGuess } from '../cost/token-guess';
import { FAILURE } from '../job/failure';
import type { Builders } from '../spec/builder';
import { isTooLarge } from '../spec/chunk';
import { assertDistinctIds, DuplicateIdError } from '../spec/distinct-ids';
import { InputError } from '../spec/errors';
import { hashBytes } from '../spec/id-sieve';
import type { InputCursor } from '../spec/input/entry';
import { parsePrices } from '../spec/price-file';
import { UnknownBuilderError } from '../spec/requests';
import { show } from '../spec/show';
import type { NormalizedSpec } from '../spec/spec';
import { checkStart } from './check';
import { EstimateError, InputSourceError, OptionError, quoted } from './errors';
import { inOrder } from './in-order';
import { inputFormat } from './input';
import { newJobId } from './instance';
import { documentLines } from './lines';
import { type Planned, PlannedRequests } from './planned-requests';
import type { InputSource, StartOptions } from './types';

export interface EstimateSettings {
  /** The official SDK's client, to count tokens with. Default: a new one, made from the SDK's environment variables. */
  anthropic?: Anthropic;
  /** The builders, where the spec names one: a job finds them at its workers. */
  builders?: Builders;
  /** Prices of your own in USD per million tokens, by model, beside the known ones and before them. */
  prices?: unknown;
  /** Documents whose tokens are counted. Default 100; the others follow from their size. */
  sample?: number;
  /** Counts the tokens of all documents. Default false. */
  exact?: boolean;
  /** Output tokens that you expect of an answer. Default: half of `max_tokens` is taken for likely. */
  outputTokens?: number;
  /** Ends the counting. */
  signal?: AbortSignal;
}

/** The options of `start`, and how to estimate. */
export type EstimateOptions = StartOptions & EstimateSettings;

const SAMPLE = 100;
/** Calls at a time. */
const AT_ONCE = 8;

/**
 * Says what a job would cost, before anything is started. The input is checked as planning does; nothing is written but, for
 * documents from code, a temporary file.
 *
 * @throws {SpecError} {@link InputSourceError} {@link OptionError}; {UnknownModelError} for a model without a price;
 *   {@link EstimateError} when the API does not count.
 */
export async function estimateJob(options: EstimateOptions): Promise<Estimate> {
  const {
    anthropic,
    builders = {},
    prices,
    sample = SAMPLE,
    exact = false,
    outputTokens,
    signal,
    ...start
  } = options;
  checkWhole('sample', sample);
  if (outputTokens !== undefined) checkWhole('outputTokens', outputTokens);
  const spec = await checkStart({ ...start, id: start.id ?? newJobId() } as StartOptions & { id: string });
  const settings = { prices: priceList(prices), date: new Date(), betas: spec.betas, outputTokens };
  try {
    return await inFile(start.input, async (file) => {
      const requests = plannedRequests(file, spec, start.input, builders);
      const survey = await surveyed(requests, spec, settings, sample);
      await assertDistinctIds(() => requests.documentLines());
      const sum = new EstimateSum(settings);
      const counting = new Counting(await counter(anthropic, spec.betas), signal);
      await (exact ? counting.all(requests, spec, sum) : counting.some(requests, spec, survey, sum));
      return sum.estimate;
    });
  } catch (error) {
    if (error instanceof InputError || error instanceof DuplicateIdError) {
      throw new InputSourceError(error.message, { cause: error });
    }
    throw error;
  }
}

function checkWhole(option: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw new OptionError(`${option} is ${show(value)}; allowed is a whole number of at least 1.`);
}

function priceList(prices: unknown): PriceList {
  if (prices === undefined) return PRICES;
  try {
    return { ...PRICES, ...parsePrices(prices) };
  } catch (error) {
    throw new OptionError(`prices are not as they should be: ${(error as Error).message}`, { cause: error });
  }
}

function plannedRequests(
  file: string,
  spec: NormalizedSpec,
  input: InputSource,
  builders: Builders,
): PlannedRequests {
  try {
    return new PlannedRequests(
      file,
      spec as ConstructorParameters<typeof PlannedRequests>[1],
      inputFormat(input),
      builders,
    );
  } catch (error) {
    if (!(error instanceof UnknownBuilderError)) throw error;
    throw new OptionError(
      `There is no builder ${show(error.builder)} among the \`builders\` of the estimate. A job finds it at its workers; an estimate must be given it.`,
    );
  }
}

/** Only an estimate loads the SDK: whoever starts jobs needs none. */
async function counter(client: Anthropic | undefined, betas: readonly string[]): Promise<CountTokens> {
  const { tokenCounter } = await import('../anthropic/count-tokens.js');
  return tokenCounter({ client, betas });
}

/** Makes every request once, so that all that is wrong with the input is told before anything is counted. */
async function surveyed(
  requests: PlannedRequests,
  { chunkBytes }: NormalizedSpec,
  { prices, date }: { prices: PriceList; date: Date },
  sample: number,
): Promise<Survey<InputCursor>> {
  const survey = new Survey<InputCursor>(sample);
  for await (const { id, model, bytes, cursor } of requests.all()) {
    assertPriced(prices, model, date);
    if (!isTooLarge(bytes, chunkBytes)) survey.add(model, bytes, lotOf(id), cursor);
  }
  return survey;
}

/** A number below 2^53 that follows from the id, and is spread evenly over all of them. */
function lotOf(id: string): number {
  const bytes = Buffer.from(id);
  let lot = 0;
  hashBytes(bytes, 0, bytes.length, (low, high) => {
    lot = low * 2 ** 21 + (high >>> 11);
  });
  return lot;
}

/** Asks the API for the tokens of requests, some at a time. */
class Counting {
  private readonly how: { atOnce: number; signal?: AbortSignal };

  constructor(
    private readonly count: CountTokens,
    signal: AbortSignal | undefined,
  ) {
    this.how = { atOnce: AT_ONCE, signal };
  }

  async all(requests: PlannedRequests, { chunkBytes }: NormalizedSpec, sum: EstimateSum): Promise<void> {
    const counted = inOrder(requests.all(), this.how, async (request, signal) => ({
      request,
      tokens: isTooLarge(request.bytes, chunkBytes) ? undefined : await this.tokens(request, signal),
    }));
    for await (const { request, tokens } of counted) {
      if (tokens === undefined) sum.addTooLarge();
      else sum.add({ ...request, input: exactly(tokens), counted: true });
    }
  }

  async some(
    requests: PlannedRequests,
    { chunkBytes }: NormalizedSpec,
    survey: Survey<InputCursor>,
    sum: EstimateSum,
  ): Promise<void> {
    const strata = survey.strata();
    const sampled = strata.flatMap(({ sample }) => sample);
    const tokens: number[] = [];
    const counted = inOrder(sampled, this.how, async ({ item }, signal) =>
      this.tokens(await requests.at(item), signal),
    );
    for await (const count of counted) tokens.push(count);
    const guess = new TokenGuess(
      strata.map((stratum) => ({ stratum, tokens: tokens.splice(0, stratum.sample.length) })),
    );

    let ordinal = 0;
    for await (const request of requests.all()) {
      if (isTooLarge(request.bytes, chunkBytes)) {
        sum.addTooLarge();
        continue;
      }
      const input = guess.of(ordinal, request.model, request.bytes);
      sum.add({ ...request, input, counted: guess.isCounted(ordinal) });
      ordinal++;
    }
  }

  private async tokens({ id, line, params }: Planned, signal: AbortSignal): Promise<number> {
    try {
      return await this.count(params, signal);
    } catch (error) {
      if (!(error instanceof ApiCallError)) throw error;
      const { type, message } = error.failure;
      const isOfDocument = type === FAILURE.refused || type === FAILURE.notFound;
      throw new EstimateError(
        isOfDocument
          ? `The tokens of document ${quoted(id)} (line ${line}) cannot be counted: ${message} ${UNCOUNTABLE}`
          : `Tokens cannot be counted: ${message}`,
        { cause: error },
      );
    }
  }
}

/** https://platform.claude.com/docs/en/build-with-claude/token-counting */
const UNCOUNTABLE =
  'In a batch it would most likely fail as well; but server tools, MCP servers, and images and documents by URL or file id cannot be counted at all.';

/** Documents from code are written to a temporary file: they may come only once, and are read more often. */
async function inFile<T>(input: InputSource, work: (file: string) => Promise<T>): Promise<T> {
  if (input.file !== undefined) return work(input.file);
  const folder = await mkdtemp(join(tmpdir(), 'anthropic-batch-estimate-'));
  try {
    const file = join(folder, 'input.jsonl');
    await pipeline(documentLines(input.documents), createWriteStream(file));
    return await work(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
