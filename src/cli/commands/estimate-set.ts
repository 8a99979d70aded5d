import { ApiCallError } from '../../anthropic/api-failure';
import { estimateJob } from '../../client/costs/estimate';
import { EstimateError } from '../../client/errors';
import type { StartOptions } from '../../client/types';
import type { Estimate, OverLimits } from '../../cost/estimate/estimate';
import { MODELS_AS_OF, MODELS_SOURCE } from '../../cost/estimate/models';
import { BOUNDS } from '../../cost/estimate/range';
import { parseUsd, showUsd } from '../../cost/prices/usd';
import { FAILURE } from '../../job/failure';
import type { InputFormat } from '../../job-spec/spec';
import { placeText } from '../../job-spec/validation-errors';
import { loadBuilders } from '../builders';
import { UsageError } from '../exit';
import { inputOf } from '../input';
import { jobOptionsOf, whole } from '../options';
import { counted, draw, endDrawing, grouped, print, printJson, say } from '../output/print';
import { table } from '../output/table';
import { pricesText, withPriceHint } from '../price-list';
import { requestOf } from '../request';
import { fewText } from '../small-job-advice';

export interface SetFlags {
  template?: string;
  builder?: string;
  builders?: string;
  format?: InputFormat;
  delimiter?: string;
  files?: boolean;
  idField?: string;
  beta?: string[];
  allowUnknownParam?: string[];
  deduplicate?: boolean;
  reuse?: boolean | string;
  sample?: number | string;
  exact?: boolean;
  outputTokens?: number | string;
  prices?: string;
  json?: boolean;
}

/** Prints what a job with an input would cost. */
export async function estimateSet(names: string[], flags: SetFlags): Promise<void> {
  const { exact } = flags;
  const settings = {
    sample: flags.sample === undefined ? undefined : whole('--sample', flags.sample, 1),
    outputTokens:
      flags.outputTokens === undefined ? undefined : whole('--output-tokens', flags.outputTokens, 1),
    builders: await buildersOf(flags),
    exact,
  };
  const start = {
    input: inputOf(names, flags),
    ...(await requestOf(flags)),
    ...(await jobOptionsOf(flags)),
  } as StartOptions;
  const onCounted = process.stderr.isTTY
    ? (done: number) => draw(`Counted the tokens of ${counted(done, 'document')}`)
    : undefined;
  let found: Estimate;
  try {
    found = await estimateJob({ ...start, ...settings, onCounted }, say);
  } catch (error) {
    throw withPriceHint(withKeyHint(error));
  } finally {
    endDrawing();
  }
  if (flags.json) return printJson(found);
  await print(asTable(found));
  for (const note of notes(found, flags)) say(note);
}

async function buildersOf({ builder, builders }: SetFlags) {
  if ((builder === undefined) !== (builders === undefined)) {
    throw new UsageError(
      'Give --builder NAME and --builders MODULE together: ' +
        'the builder is a function that the module exports.',
    );
  }
  return builders === undefined ? undefined : loadBuilders(builders);
}

function withKeyHint(error: unknown): unknown {
  const { cause } = error as Error;
  const lacksKey = cause instanceof ApiCallError && cause.failure.type === FAILURE.authentication;
  if (!(error instanceof EstimateError && lacksKey)) return error;
  return new EstimateError(`${error.message} The formula (--requests …) needs no key.`, { cause });
}

const NAMES = { low: 'low', likely: 'likely', worst: 'worst case' };

function asTable({ inputTokens, outputTokens, usd }: Estimate): string {
  const money = (text: string) => showUsd(parseUsd(text)!);
  return table(
    ['', 'input tokens', 'output tokens', 'standard USD', 'batch USD', 'saved USD'],
    BOUNDS.map((bound) => {
      const { standard, batch, saved } = usd[bound];
      const tokens = [grouped(inputTokens[bound]), grouped(outputTokens[bound])];
      return [NAMES[bound], ...tokens, money(standard), money(batch), money(saved)];
    }),
  );
}

function* notes(found: Estimate, flags: SetFlags): Generator<string> {
  const { documents, requests, tooLarge, equal, cached, usd, few } = found;
  yield found.counted === requests
    ? `The tokens of all ${counted(requests, 'request')} were counted.`
    : `The tokens of ${grouped(found.counted)} of ${counted(requests, 'request')} were counted. ` +
      'The others are estimated from ' +
      'their size: low and worst case use the fewest and the most tokens per byte of the counted ' +
      'requests. --exact counts all.';
  yield flags.outputTokens === undefined
    ? 'Answers: low is 1 token each, likely is half of max_tokens, an assumption (set your own with ' +
      '--output-tokens N), worst case is max_tokens.'
    : `Answers: low is 1 token each, likely is ${flags.outputTokens}, worst case is max_tokens.`;
  if (cached > 0) {
    yield `${counted(cached, 'request')} with cache_control: ` +
      'low assumes that every prompt is read from the cache, likely assumes no cache, ' +
      'worst case assumes that every prompt is written to the cache.';
  }
  yield* overLimit(found.overContext, 'prompt', "beyond its model's context window");
  yield* overLimit(found.overOutput, 'max_tokens', "above its model's limit");
  for (const model of found.unknownLimits) {
    yield `The context window and output limit of ${model} are unknown and were not checked.`;
  }
  if (equal > 0) {
    yield `${counted(documents, 'document')} need ${counted(requests, 'request')}: ` +
      'equal requests are sent once (--no-deduplicate sends each).';
  }
  if (found.reuseIgnored) {
    yield 'The estimate does not search for answers of earlier jobs, which --reuse takes: ' +
      'the job may send fewer requests and cost less.';
  }
  if (tooLarge > 0)
    yield `${counted(tooLarge, 'document')} too large for a batch: not sent, and not in the amounts.`;
  if (flags.prices === undefined) yield pricesText;
  if (few) yield fewText('request', showUsd(parseUsd(usd.likely.standard)!));
}

function* overLimit({ documents, first }: OverLimits, what: string, problem: string): Generator<string> {
  if (documents === 0) return;
  yield `${counted(documents, 'document')} with a ${what} ${problem} (limits as of ${MODELS_AS_OF}, from ` +
    `${MODELS_SOURCE}), which the API rejects:`;
  for (const { id, line, file, model, tokens, limit, counted: known } of first) {
    yield `  ${JSON.stringify(id)} (${placeText({ line, file })}): ` +
      `${known ? '' : 'about '}${grouped(tokens)} tokens, ${model} allows ${grouped(limit)}`;
  }
  if (documents > first.length) yield `  and ${grouped(documents - first.length)} more`;
}
