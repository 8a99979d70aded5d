import type { Command } from 'commander';
import type { JobOptions } from '../job-spec/spec';
import { UsageError } from './exit';
import { readJsonFile } from './json-file';

export interface SharedOptions {
  store: string;
  taskQueue: string;
}

/** The flags that all commands share which reach Temporal and the store. */
export function shared(command: Command): Command {
  return command
    .option(
      '--store <location>',
      'where documents and results live: a folder, or s3://bucket/prefix',
      '.anthropic-batch',
    )
    .option(
      '--task-queue <name>',
      'the task queue of workers and of new jobs; a job that exists has its own',
      'anthropic-batch',
    );
}

/** The settings of a job, as flags. Their values are checked where all specs are. */
export function jobFlags(command: Command): Command {
  return costFlags(command)
    .option('--chunk-size <n>', 'requests a batch (default: 10000)', numeric)
    .option('--chunk-bytes <n>', 'bytes of requests a batch (default: 230400000)', numeric)
    .option('--max-batches-in-flight <n>', 'unfinished batches at a time (default: 20)', numeric)
    .option('--max-requests-in-flight <n>', 'requests in unfinished batches (default: 200000)', numeric)
    .option('--poll-floor <duration>', 'shortest time between two polls of a batch (default: 30s)')
    .option('--poll-ceiling <duration>', 'longest time between two polls of a batch (default: 15m)')
    .option('--max-rounds <n>', 'rounds in all; transient failures are sent again (default: 3)', numeric)
    .option(
      '--live-below <n>',
      'send fewer requests than these live, answered at once and at full price (default: 0, never)',
      numeric,
    )
    .option('--resend-lost-results', 'send requests again whose results are gone, and pay for them again')
    .option('--no-deduplicate', 'send each of several equal requests, for several answers to one prompt')
    .option('--reuse [max-age]', 'take answers that an earlier job of the store has to equal requests')
    .option('--max-usd <usd>', 'what the job may cost; with a dearer worst case nothing is sent')
    .option('--max-usd-per-request <usd>', 'what any one request may cost; with a dearer one nothing is sent')
    .option(
      '--on-budget <what>',
      'refuse a job whose worst case is too dear, or send what there is room for, and then end or wait (default: refuse)',
    )
    .option(
      '--wait-for-worker <duration>',
      'how long a job waits for a worker with the key, store and builder that it needs (default: 24h)',
    )
    .option('--beta <value>', 'an anthropic-beta value; may be given several times', collected);
}

/** Of these, the ones that say how a job's cost is reckoned and told. */
export function costFlags(command: Command): Command {
  return command
    .option('--prices <file>', 'JSON file with prices of your own, in USD per million tokens')
    .option('--tag <name=value>', 'a tag to tell costs by; may be given several times', collected);
}

export interface CostFlags {
  /** A file's name. */
  prices?: string;
  tag?: string[];
}

export type JobFlags = Omit<JobOptions, 'betas' | 'idField' | 'prices' | 'tags'> &
  CostFlags & { beta?: string[] };

/**
 * The same of them alone; what is in a price list is checked with the rest of the spec.
 *
 * @throws as `jobOptionsOf` does.
 */
export async function costOptionsOf({
  prices,
  tag,
}: CostFlags): Promise<Pick<JobOptions, 'prices' | 'tags'>> {
  const list = prices === undefined ? undefined : await readJsonFile('price list', prices);
  return { prices: list as JobOptions['prices'], tags: tag && tagsOf(tag) };
}

/**
 * The options that were given, as a spec has them.
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
    // What is not given is not true: a retry keeps what its job had.
    reuse: flags.reuse,
    deduplicate: flags.deduplicate === false ? false : undefined,
    maxUsd: flags.maxUsd,
    maxUsdPerRequest: flags.maxUsdPerRequest,
    onBudget: flags.onBudget,
    waitForWorker: flags.waitForWorker,
    betas: beta,
    idField: flags.idField,
    ...(await costOptionsOf(flags)),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function tagsOf(given: string[]): Record<string, string> {
  const tags = new Map<string, string>();
  for (const text of given) {
    const [, name, value] = /^([^=]*)=(.*)$/su.exec(text) ?? [];
    if (name === undefined || value === undefined || tags.has(name)) {
      const wrong = name === undefined ? 'has no value' : 'is a second value of its name';
      throw new UsageError(
        `--tag ${text} ${wrong}; allowed is NAME=VALUE, such as team=search, once for each name.`,
      );
    }
    tags.set(name, value);
  }
  return Object.fromEntries(tags);
}

/** A number where the text is one; another text goes on as it is, so that the spec's check names it. */
export const numeric = (text: string): number | string =>
  text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;

/** @throws {UsageError} for what is no whole number of at least `least`. */
export function whole(flag: string, value: number | string, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${flag} is ${value}; allowed is a whole number of at least ${least}.`);
}

export const collected = (value: string, values: string[] = []): string[] => [...values, value];
