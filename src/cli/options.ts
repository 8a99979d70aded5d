import { type Command, Option } from 'commander';
import { INPUT_FORMATS } from '../input/format';
import type { OnComplete } from '../job/on-complete';
import type { JobOptions } from '../job-spec/spec';
import { UsageError } from './exit';
import { readJsonFile } from './json-file';

/** The flags that all commands share. */
export interface SharedOptions {
  store: string;
  taskQueue: string;
  /** A module's name. */
  dataConverter?: string;
}

/** Adds the flags of all commands that use Temporal and the store. */
export function shared(command: Command): Command {
  return command
    .option(
      '--store <location>',
      'where documents and results are stored: a folder, or s3://bucket/prefix',
      '.anthropic-batch',
    )
    .option(
      '--task-queue <name>',
      'the task queue of workers and of new jobs; an existing job keeps its own',
      'anthropic-batch',
    )
    .addOption(dataConverterFlag());
}

/** The flag for the data converter of the namespace's payloads. */
const dataConverterFlag = () =>
  new Option(
    '--data-converter <module>',
    "a module that exports the data converter of the namespace's payloads, such as one that encrypts",
  ).env('TEMPORAL_ANTHROPIC_BATCH_DATA_CONVERTER');

/** Adds the flags for a job's settings. The check of the spec validates their values. */
export function jobFlags(command: Command): Command {
  return onCompleteFlags(costFlags(command))
    .option('--chunk-size <n>', 'requests per batch (default: 10000)', numeric)
    .option('--chunk-bytes <n>', 'bytes of requests per batch (default: 230400000)', numeric)
    .option('--max-batches-in-flight <n>', 'batches in flight at a time (default: 20)', numeric)
    .option('--max-requests-in-flight <n>', 'requests in flight at a time (default: 200000)', numeric)
    .option('--poll-floor <duration>', 'shortest time between two polls of a batch (default: 30s)')
    .option('--poll-ceiling <duration>', 'longest time between two polls of a batch (default: 15m)')
    .option(
      '--max-rounds <n>',
      'rounds in total; each later round resends transient failures (default: 3)',
      numeric,
    )
    .option(
      '--live-below <n>',
      'send fewer requests than this live, answered immediately at full price (default: 0, never)',
      numeric,
    )
    .option('--resend-lost-results', 'resend requests whose paid results are gone, and pay for them again')
    .option('--no-deduplicate', 'send each of several equal requests, to get several answers to one prompt')
    .option('--reuse [max-age]', 'reuse answers that an earlier job of the store has for equal requests')
    .option(
      '--max-usd <usd>',
      'the most the job may cost; by default a job with a higher worst case sends nothing',
    )
    .option(
      '--max-usd-per-request <usd>',
      'the most any one request may cost; if one may cost more, nothing is sent',
    )
    .option(
      '--on-budget <what>',
      'if the worst case exceeds a budget: ' +
        'refuse the job, or send what the budget allows and then end or wait (default: refuse)',
    )
    .option(
      '--wait-for-worker <duration>',
      'how long a job waits for a worker with the key, store and builder that it needs (default: 24h)',
    )
    .option('--beta <value>', 'an anthropic-beta value; may be given several times', collected)
    .option(...UNKNOWN_PARAM);
}

/** The flag for fields of the API that the check of the params does not know. */
export const UNKNOWN_PARAM = [
  '--allow-unknown-param <name>',
  'a field of the params that is sent without a check; may be given several times',
  (name: string, names?: string[]) => collected(name, names),
] as const;

/** Adds the flags for what a job starts when it ends. */
export function onCompleteFlags(command: Command): Command {
  return command
    .option('--on-complete-webhook <name>', 'call this webhook of the workers when the job has ended')
    .option('--on-complete-workflow <type>', 'start this workflow with the summary when the job has ended')
    .option(
      '--on-complete-task-queue <name>',
      "the task queue of that workflow's workers (default: the job's)",
    );
}

/** The flags for what a job starts when it ends. */
export interface OnCompleteFlags {
  onCompleteWebhook?: string;
  onCompleteWorkflow?: string;
  onCompleteTaskQueue?: string;
}

/** Returns the option of the flags. @throws {UsageError} if they cannot be combined. */
export function onCompleteOf({
  onCompleteWebhook,
  onCompleteWorkflow,
  onCompleteTaskQueue,
}: OnCompleteFlags): OnComplete | undefined {
  if (onCompleteWebhook !== undefined && onCompleteWorkflow !== undefined) {
    throw new UsageError(
      '`--on-complete-webhook` and `--on-complete-workflow` cannot be combined: give one.',
    );
  }
  if (onCompleteWorkflow !== undefined) {
    return { workflow: onCompleteWorkflow, taskQueue: onCompleteTaskQueue };
  }
  if (onCompleteTaskQueue !== undefined) {
    throw new UsageError('`--on-complete-task-queue` needs `--on-complete-workflow`.');
  }
  return onCompleteWebhook === undefined ? undefined : { webhook: onCompleteWebhook };
}

/** Returns the flag for the format of an input. */
export const formatFlag = () =>
  new Option('--format <format>', "the input's format (default: by the name)").choices(INPUT_FORMATS);

/** The flag for the separator of CSV. */
export const DELIMITER = [
  '--delimiter <character>',
  "the separator of CSV, such as ';' or '\\t' (default: a comma)",
] as const;

/** The flag for files that are documents. */
export const FILES = [
  '--files',
  'each file is one document: PDF, image or text; {{content}} is its content block',
] as const;

/** Adds the flags for a job's prices and tags. */
export function costFlags(command: Command): Command {
  return command
    .option('--prices <file>', 'JSON file with your own prices, in USD per million tokens')
    .option('--tag <name=value>', 'a tag to group costs by; may be given several times', collected);
}

/** The flags for prices and tags. */
export interface CostFlags {
  /** A file's name. */
  prices?: string;
  tag?: string[];
}

/** The flags for a job's settings. */
export type JobFlags = Omit<
  JobOptions,
  'betas' | 'allowUnknownParams' | 'idField' | 'prices' | 'tags' | 'onComplete'
> &
  CostFlags &
  OnCompleteFlags & { beta?: string[]; allowUnknownParam?: string[] };

/**
 * Returns the options of the cost flags. The check of the spec validates the price list.
 *
 * @throws {UsageError} for a price list that cannot be read, and for a tag without a value.
 */
export async function costOptionsOf({
  prices,
  tag,
}: CostFlags): Promise<Pick<JobOptions, 'prices' | 'tags'>> {
  const list = prices === undefined ? undefined : await readJsonFile('price list', prices);
  return { prices: list as JobOptions['prices'], tags: tag && tagsOf(tag) };
}

/**
 * Returns the given options in the form of a spec.
 *
 * @throws {UsageError} for a price list that cannot be read, and for a tag without a value.
 */
export async function jobOptionsOf(flags: JobFlags & { idField?: string }): Promise<JobOptions> {
  const { beta, chunkSize, chunkBytes, maxBatchesInFlight, maxRequestsInFlight, pollFloor, pollCeiling } =
    flags;
  const all = {
    chunkSize,
    chunkBytes,
    maxBatchesInFlight,
    maxRequestsInFlight,
    pollFloor,
    pollCeiling,
    maxRounds: flags.maxRounds,
    liveBelow: flags.liveBelow,
    resendLostResults: flags.resendLostResults,
    // An absent flag must not become `true`: a retry keeps its job's setting.
    reuse: flags.reuse,
    deduplicate: flags.deduplicate === false ? false : undefined,
    maxUsd: flags.maxUsd,
    maxUsdPerRequest: flags.maxUsdPerRequest,
    onBudget: flags.onBudget,
    waitForWorker: flags.waitForWorker,
    betas: beta,
    allowUnknownParams: flags.allowUnknownParam,
    idField: flags.idField,
    onComplete: onCompleteOf(flags),
    ...(await costOptionsOf(flags)),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Returns the tags of `--tag NAME=VALUE` flags. @throws {UsageError} */
export function tagsOf(given: readonly string[]): Record<string, string> {
  const tags = new Map<string, string>();
  for (const text of given) {
    const [, name, value] = /^([^=]*)=(.*)$/su.exec(text) ?? [];
    if (name === undefined || value === undefined || tags.has(name)) {
      const problem =
        name === undefined ? 'must be NAME=VALUE, such as team=search' : 'can be given once for each name';
      throw new UsageError(`\`--tag\` ${problem} (got ${text}).`);
    }
    tags.set(name, value);
  }
  return Object.fromEntries(tags);
}

/**
 * Converts a numeric text to a number. Returns any other text unchanged, so that the spec's check reports it.
 */
export const numeric = (text: string): number | string =>
  text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;

/** Returns an integer of at least `least`. @throws {UsageError} for any other value. */
export function whole(flag: string, value: number | string, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`\`${flag}\` must be an integer of at least ${least} (got ${value}).`);
}

/** Returns a TCP port. @throws {UsageError} for any other value. */
export function port(flag: string, value: number | string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
  throw new UsageError(`\`${flag}\` must be a port from 1 to 65535 (got ${value}).`);
}

/** Collects the values of a flag that may be given several times. */
export const collected = (value: string, values: string[] = []): string[] => [...values, value];
