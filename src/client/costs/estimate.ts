// costs/: estimates, the costs of ended jobs (costs.ts), and budgets (budget.ts). Start here.

import { SAMPLE } from '../../anthropic/count-sample';
import { type Estimate, EstimateSum } from '../../cost/estimate/estimate';
import { Survey } from '../../cost/estimate/strata';
import { effectivePrices } from '../../cost/prices/price-list';
import { assertPriced, type PriceList } from '../../cost/prices/prices';
import { isTooLarge } from '../../input/chunk';
import { assertDistinctIds, DuplicateIdError } from '../../input/distinct-ids';
import { inUnitOf } from '../../input/documents';
import type { InputCursor } from '../../input/entry';
import type { Builders } from '../../job-spec/builder';
import { lotOf } from '../../job-spec/request-facts';
import { UnknownBuilderError } from '../../job-spec/requests';
import { show } from '../../job-spec/show';
import type { NormalizedSpec, StoredInput } from '../../job-spec/spec';
import { InputError } from '../../job-spec/validation-errors';
import { InputSourceError, OptionError } from '../errors';
import { newJobId } from '../instance';
import { checkStart } from '../start/check';
import { fileSource } from '../start/file-source';
import { onDisk } from '../start/on-disk';
import { reviewTemplate } from '../start/review-template';
import type { StartOptions } from '../types';
import { Counting, type CountingOptions } from './counting';
import { PlannedRequests } from './planned-requests';

/** The settings of an estimate. */
export interface EstimateSettings extends CountingOptions {
  /** The builders, if the spec names one. An estimate does not use the workers' builders. */
  builders?: Builders;
  /**
   * The number of documents whose tokens are counted. The others are estimated from their size. Default 100.
   */
  sample?: number;
  /** Counts the tokens of all documents. Default false. */
  exact?: boolean;
  /** The expected output tokens of an answer, for the likely case. Default: half of `max_tokens`. */
  outputTokens?: number;
}

/** The options of `start`, and the settings of the estimate. */
export type EstimateOptions = StartOptions & EstimateSettings;

/**
 * Estimates what a job would cost, without starting it. Checks the input like planning does. Writes nothing
 * except a temporary file for documents from code.
 *
 * @throws {SpecError} {@link InputSourceError} {@link OptionError}. {UnknownModelError} for a model without a
 *   price. {@link EstimateError} if the API cannot count the tokens.
 */
export async function estimateJob(
  options: EstimateOptions,
  warn: (message: string) => void,
): Promise<Estimate> {
  const {
    anthropic,
    builders = {},
    sample = SAMPLE,
    exact = false,
    outputTokens,
    signal,
    onCounted,
    ...start
  } = options;
  checkWhole('sample', sample);
  if (outputTokens !== undefined) checkWhole('outputTokens', outputTokens);
  const { spec, input } = await checkStart({ ...start, id: start.id ?? newJobId() } as StartOptions & {
    id: string;
  });
  const settings = {
    prices: effectivePrices(spec.prices),
    date: new Date(),
    betas: spec.betas,
    // `reuse` may be a number, the maximum age.
    reuse: Boolean(spec.settings.reuse),
    outputTokens,
  };
  try {
    return await onDisk(input, async (file) => {
      const requests = plannedRequests(file, spec, input.stored, builders);
      await reviewTemplate(spec, fileSource(file), file, warn);
      const survey = await surveyed(requests, spec, settings, sample);
      await assertDistinctIds(() => requests.documentLines());
      const sum = new EstimateSum(settings);
      const counting = await Counting.of(requests, spec, survey, { anthropic, signal, onCounted });
      await (exact ? counting.all(sum) : counting.some(survey, sum));
      return sum.estimate;
    });
  } catch (error) {
    if (error instanceof InputError || error instanceof DuplicateIdError) {
      throw new InputSourceError(inUnitOf(spec.source, error).message, { cause: error });
    }
    throw error;
  }
}

function checkWhole(option: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw new OptionError(`\`${option}\` must be an integer of at least 1 (got ${show(value)}).`);
}

function plannedRequests(
  file: string,
  spec: NormalizedSpec,
  stored: StoredInput,
  builders: Builders,
): PlannedRequests {
  try {
    return new PlannedRequests(
      file,
      spec as ConstructorParameters<typeof PlannedRequests>[1],
      stored,
      builders,
    );
  } catch (error) {
    if (!(error instanceof UnknownBuilderError)) throw error;
    throw new OptionError(
      `There is no builder ${show(error.builder)} in the estimate's \`builders\`. Pass it there: ` +
        "an estimate does not use the workers' builders.",
    );
  }
}

/** Builds every request once, so that any error in the input is reported before tokens are counted. */
async function surveyed(
  requests: PlannedRequests,
  { chunkBytes }: NormalizedSpec,
  { prices, date }: { prices: PriceList; date: Date },
  sample: number,
): Promise<Survey<InputCursor>> {
  const survey = new Survey<InputCursor>(sample);
  const priced = new Set<string>();
  for await (const { model, digest, bytes, cursor } of requests.all()) {
    if (!priced.has(model)) assertPriced(prices, model, date);
    priced.add(model);
    if (!isTooLarge(bytes, chunkBytes)) survey.add(model, bytes, lotOf(digest), cursor);
  }
  return survey;
}
