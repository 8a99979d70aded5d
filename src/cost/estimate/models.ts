/** The day and the source of the limits below. */
export const MODELS_AS_OF = '2026-11-22';
export const MODELS_SOURCE = 'https://platform.claude.com/docs/en/models/overview';

/** The limits of a model, in tokens. */
export interface ModelLimits {
  /** Prompt and answer together. A longer prompt is rejected. */
  context: number;
  /** The largest `max_tokens`. */
  output: number;
}

const MILLION: ModelLimits = { context: 1_000_000, output: 128_000 };
const SMALLER: ModelLimits = { context: 200_000, output: 64_000 };

/** According to each model's own page. The limits of other models are unknown, and never guessed. */
export const MODEL_LIMITS: Readonly<Record<string, ModelLimits>> = {
  'claude-opus-5-5': MILLION,
  'claude-sonnet-5-5': MILLION,
  'claude-haiku-5-5': MILLION,
  'claude-fable-5-1': MILLION,
  'claude-opus-5': MILLION,
  'claude-opus-4-8': MILLION,
  'claude-opus-4-7': MILLION,
  'claude-opus-4-6': MILLION,
  'claude-opus-4-5': SMALLER,
  'claude-opus-4-5-20251101': SMALLER,
  'claude-sonnet-5': MILLION,
  'claude-sonnet-4-6': MILLION,
  'claude-sonnet-4-5': SMALLER,
  'claude-sonnet-4-5-20250929': SMALLER,
  'claude-haiku-4-5': SMALLER,
  'claude-haiku-4-5-20251001': SMALLER,
};

/**
 * Betas that allow longer answers, such as `output-300k-2026-03-24`. No single document lists their models.
 */
const LONGER_OUTPUT = /^output-/;

/** Returns the known limits of a model in batches with these betas. */
export function limitsOf(model: string, betas: readonly string[]): Partial<ModelLimits> | undefined {
  const limits = Object.hasOwn(MODEL_LIMITS, model) ? MODEL_LIMITS[model] : undefined;
  return limits && betas.some((beta) => LONGER_OUTPUT.test(beta)) ? { context: limits.context } : limits;
}
