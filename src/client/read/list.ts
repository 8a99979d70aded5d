import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { type ChunkState, stateWith } from '../../job/chunk-state';
import type { JobState } from '../../job/job';
import { DOCUMENT_SET, MESSAGE_BATCH } from '../../job/names';
import { parseMoment } from '../../job-spec/moment';
import { show } from '../../job-spec/show';
import { readControl } from '../../records/control';
import { type StoredJob, storedJobs } from '../../records/stored-jobs';
import type { Store } from '../../store/store';
import { chunkOf, memoOf, progressOf, undecodable } from '../../temporal/memos';
import { OptionError } from '../errors';
import type { JobListing } from '../types';

const STATES: readonly JobState[] = [
  'planning',
  'running',
  'paused',
  'held',
  'canceling',
  'completed',
  'failed',
  'canceled',
];

/** The options of `BatchClient.list`. Default: all jobs. */
export interface ListOptions {
  /** Only jobs in one of these states. */
  state?: JobState | readonly JobState[];
  /** Only jobs with these tags, which are read from the store. */
  tags?: Readonly<Record<string, string>>;
  /** Only jobs that started then or later: a `Date`, a date such as `2026-11-01` or an age such as `7d`. */
  since?: Date | string;
  /** The most jobs. */
  limit?: number;
}

/**
 * Yields the jobs in Temporal, newest first. Uses only Temporal's list, which may lag by some moments. For
 * tags, and for a job whose memo cannot be decoded, also uses the store.
 *
 * @throws {OptionError}
 */
export async function* listJobs(
  client: Client,
  store: () => Promise<Store>,
  options: ListOptions = {},
): AsyncGenerator<JobListing> {
  const { limit = Number.POSITIVE_INFINITY, tags = {} } = options;
  const states = statesOf(options);
  const query = [`WorkflowType = '${DOCUMENT_SET}'`, ...sinceOf(options)].join(' AND ');
  const hasTags = Object.keys(tags).length > 0;
  let chunks: Map<string, ChunkState[]> | undefined;
  let left = limit;
  if (left < 1) return;
  for await (const execution of client.workflow.list({ query })) {
    const isRunning = ENDS[execution.status.name] === undefined;
    if (isRunning) chunks ??= await runningChunks(client);
    const listing = await listingOf(execution, store, chunks);
    if (states && !states.includes(listing.state)) continue;
    if (hasTags && !(await isTagged(await store(), execution, tags))) continue;
    yield listing;
    left -= 1;
    if (left === 0) return;
  }
}

function statesOf({ state }: ListOptions): readonly JobState[] | undefined {
  if (state === undefined) return undefined;
  const states = [state].flat();
  const unknown = states.find((one) => !STATES.includes(one));
  if (unknown === undefined) return states;
  throw new OptionError(`\`state\` must be one of ${STATES.join(', ')} (got ${show(unknown)}).`);
}

function sinceOf({ since }: ListOptions): string[] {
  if (since === undefined) return [];
  const time = parseMoment(since, Date.now());
  if (time) return [`StartTime >= '${time.toISOString()}'`];
  throw new OptionError(
    '`since` must be a date or time such as 2026-11-01 or 2026-11-01T06:00Z, or an age such as "7d" ' +
      `(got ${show(since)}).`,
  );
}

async function listingOf(
  { workflowId: id, status, startTime: startedAt, closeTime: closedAt, memo }: WorkflowExecutionInfo,
  store: () => Promise<Store>,
  chunks: ReadonlyMap<string, ChunkState[]> | undefined,
): Promise<JobListing> {
  const reported = progressOf({ memo });
  const { documents, done, cost } = reported ?? {};
  const figures = { documents, done, paid: cost?.paid };
  const ended = ENDS[status.name];
  if (ended) return { id, state: ended, startedAt, closedAt, ...figures };
  const unknown = undecodable({ memo }) !== undefined;
  const state = reported?.state ?? (unknown ? await storedState(await store(), id) : 'planning');
  return { id, state: stateWith(state, chunks?.get(id) ?? []), startedAt, ...figures };
}

/** Returns the state of a running job as far as the store knows it. */
async function storedState(store: Store, id: string): Promise<JobState> {
  const found = await newestStored(store, id);
  return found && (await readControl(store, found.job)).paused ? 'paused' : 'running';
}

async function isTagged(
  store: Store,
  execution: WorkflowExecutionInfo,
  tags: Readonly<Record<string, string>>,
): Promise<boolean> {
  const instance = memoOf(execution)?.instance;
  const found = await newestStored(store, execution.workflowId, instance);
  return Object.entries(tags).every(([name, value]) => found?.spec.tags?.[name] === value);
}

/** Returns the job of an instance, or the newest job with the id. */
async function newestStored(store: Store, id: string, instance?: string): Promise<StoredJob | undefined> {
  let newest: StoredJob | undefined;
  // A damaged spec has no tags to compare.
  for await (const stored of storedJobs(store, { id, onDamaged: () => {} })) {
    newest = stored;
    if (stored.job.instance === instance) return stored;
  }
  return newest;
}

/** Returns the states that the running chunks of all jobs last reported, by job id. */
async function runningChunks(client: Client): Promise<Map<string, ChunkState[]>> {
  const chunks = new Map<string, ChunkState[]>();
  const query = `WorkflowType = '${MESSAGE_BATCH}' AND ExecutionStatus = 'Running'`;
  for await (const { memo } of client.workflow.list({ query })) {
    const chunk = chunkOf({ memo });
    if (!chunk) continue;
    const ofJob = chunks.get(chunk.job.id);
    if (ofJob) ofJob.push(chunk.state);
    else chunks.set(chunk.job.id, [chunk.state]);
  }
  return chunks;
}

const ENDS: Partial<Record<string, JobState>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  TIMED_OUT: 'failed',
  TERMINATED: 'failed',
  CANCELLED: 'canceled',
};
