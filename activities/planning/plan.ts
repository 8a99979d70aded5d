// planning/: the steps before the first send: check the job, and cut its documents into chunks. Start here.

import { ChunkDraft, type PlannedRequest } from '../../src/input/chunk';
import { inUnitOf, readDocuments } from '../../src/input/documents';
import { EarlierJobError, readEarlier } from '../../src/input/earlier';
import { Lookahead } from '../../src/input/lookahead';
import type { ChunkRef, PlanCursor, PlanInput, PlanPage } from '../../src/job/activity-types';
import { FAILURE, type FailureType } from '../../src/job/failure';
import type { ChunkPlan, JobRef } from '../../src/job/job';
import type { Builders } from '../../src/job-spec/builder';
import { requestWriter, UnknownBuilderError } from '../../src/job-spec/requests';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { TemplateError } from '../../src/job-spec/template';
import { InputError } from '../../src/job-spec/validation-errors';
import { keys } from '../../src/records/keys';
import { findPlannedChunk, newDraft, type PlannedChunk, planChunk } from '../../src/records/planned-chunk';
import { findJson, putJsonIfAbsent } from '../../src/store/json';
import { KeyNotFoundError, type Store } from '../../src/store/store';
import type { Limit } from '../runtime/concurrency-limit';
import { abortable, jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';
import { planAdopted } from './plan-adopted';

/**
 * Limits of a page. It ends with the chunk that reaches one of them, so a crash repeats seconds of work
 * instead of minutes.
 */
const PAGE = { chunks: 20, bytes: 1_000_000_000 };

/**
 * Plans a page of a job: builds each document's request, cuts the requests into chunks, and writes both to
 * the store. Sends nothing. A planned chunk never changes. An interrupted page continues after its last one.
 *
 * Permanent failures name document, line and field in the store's message. Their types are
 * `anthropic.InputInvalid`, `anthropic.InputMissing`, `anthropic.UnknownBuilder`, `anthropic.SpecInvalid`,
 * `anthropic.EarlierJobInvalid` and `anthropic.SpecVersion`. Temporal retries errors of the store.
 */
export function createPlan(deps: ActivityDeps, heavy: Limit) {
  return async function anthropicPlan(input: PlanInput): Promise<PlanPage> {
    return onJob(deps, input, (signal) => heavy(() => plan(deps, input, signal), signal));
  };
}

async function plan(deps: ActivityDeps, { job, cursor }: PlanInput, signal: AbortSignal): Promise<PlanPage> {
  const { store, builders, points } = deps;
  // After a Reset the chunks may be in flight or finished. A page is planned once, even if a builder would
  // return something else now.
  const key = keys.plan(job, cursor?.chunk ?? 0);
  const standing = await findJson<PlanPage>(store, key);
  if (standing) return standing;
  try {
    const spec = await jobSpec(store, job);
    if (spec.source.kind === 'adopt') return await planAdopted(deps, job, spec.source.batch);
    const requests = (from: PlanCursor | undefined) =>
      abortable(planned({ store, builders, job, spec, cursor: from }), signal);
    const page = await planPage({ store, points }, job, spec, cursor, requests).catch((error) => {
      throw inUnitOf(spec.source, error);
    });
    await putJsonIfAbsent(store, key, page);
    return page;
  } catch (error) {
    throw forGood(error) ?? error;
  }
}

type PageDeps = Pick<ActivityDeps, 'store' | 'points'>;

async function planPage(
  deps: PageDeps,
  job: JobRef,
  spec: NormalizedSpec,
  cursor: PlanCursor | undefined,
  requests: (from: PlanCursor | undefined) => AsyncIterable<Iterable<PlannedRequest>>,
): Promise<PlanPage> {
  const page = new Page(cursor);
  await page.resume(deps.store, job);
  const source = new Lookahead(requests(page.cursor));
  try {
    while (await source.fill()) {
      if (page.isFull) return { chunks: page.chunks, cursor: page.cursor };
      const draft = new ChunkDraft(source, spec);
      page.add(await writeChunk(deps, { job, chunk: page.chunk }, draft));
    }
    return { chunks: page.chunks };
  } finally {
    await source.close();
  }
}

/** A page that is being planned. */
class Page {
  readonly chunks: ChunkPlan[] = [];
  /** Where planning continues. Unset at the beginning of the input. */
  cursor: PlanCursor | undefined;
  #bytes = 0;

  constructor(cursor: PlanCursor | undefined) {
    this.cursor = cursor;
  }

  /** The number of the next chunk. */
  get chunk(): number {
    return this.cursor?.chunk ?? 0;
  }

  get isFull(): boolean {
    return this.chunks.length >= PAGE.chunks || this.#bytes >= PAGE.bytes;
  }

  add({ plan, bytes, next }: PlannedChunk): void {
    this.chunks.push(plan);
    this.#bytes += bytes;
    this.cursor = { ...next!, chunk: this.chunk + 1 };
  }

  /** Adds the chunks that an interrupted try planned. */
  async resume(store: Store, job: JobRef): Promise<void> {
    while (!this.isFull) {
      const planned = await findPlannedChunk(store, { job, chunk: this.chunk });
      if (!planned) return;
      this.add(planned);
    }
  }
}

async function writeChunk(
  { store, points }: PageDeps,
  ref: ChunkRef,
  content: ChunkDraft,
): Promise<PlannedChunk> {
  const { draft, files } = await newDraft(store, ref);
  try {
    await store.put(files.requests, content.requestsFile(), { ifAbsent: true });
  } catch (error) {
    throw content.failure ?? error;
  }
  points?.reach('plan/requests-written');
  await store.put(files.digests, content.digestsFile(), { ifAbsent: true });
  await store.put(files.documents, content.documentsFile(), { ifAbsent: true });
  const planned: PlannedChunk = { plan: content.plan, draft, bytes: content.size, next: content.next };
  await planChunk(store, ref, planned);
  points?.reach('plan/chunk-written');
  return planned;
}

interface PlanWork {
  store: Store;
  builders: Builders;
  job: JobRef;
  spec: NormalizedSpec;
  cursor: PlanCursor | undefined;
}

/**
 * Yields the requests of a job from the cursor on, built from its input or read from the job that it retries.
 */
async function* planned({
  store,
  builders,
  job,
  spec,
  cursor,
}: PlanWork): AsyncGenerator<Iterable<PlannedRequest>> {
  const { source, request, idField } = spec;
  if (source.kind === 'retry') {
    for await (const batch of readEarlier(store, source, cursor)) {
      yield batch.map((earlier) => ({ ...earlier, size: earlier.request.length }));
    }
    return;
  }
  if (source.kind !== 'input' || 'stored' in request || 'adopted' in request) {
    throw new TypeError(`The spec of the job ${job.id} has a source and a request that do not match.`);
  }

  const write = requestWriter(request, spec, builders);
  function* written(
    entries: Iterable<{ document: Parameters<typeof write>[0]; next: PlannedRequest['next'] }>,
  ) {
    for (const { document, next } of entries) {
      const json = write(document);
      const { id, line, file } = document;
      yield { id, line, file, request: json, size: Buffer.byteLength(json), next };
    }
  }
  const key = source.documents?.key ?? keys.input(job, source.format);
  for await (const batch of readDocuments(store, key, { ...source, idField, cursor })) yield written(batch);
}

/** Returns the failure for an error that a retry cannot fix, or `undefined`. */
function forGood(error: unknown): StepError | undefined {
  const failed = (type: FailureType, message: string, publicMessage?: string) =>
    new StepError(type, message, { publicMessage, final: true });
  if (error instanceof InputError) return failed(FAILURE.inputInvalid, error.message, error.publicMessage);
  if (error instanceof KeyNotFoundError) return failed(FAILURE.inputMissing, error.message);
  if (error instanceof UnknownBuilderError) return failed(FAILURE.unknownBuilder, error.message);
  if (error instanceof TemplateError) {
    return failed(FAILURE.specInvalid, error.message, "The template of the job's spec is invalid.");
  }
  if (error instanceof EarlierJobError) return failed(FAILURE.earlierJobInvalid, error.message);
  return undefined;
}
