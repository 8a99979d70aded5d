import { paramsDigest } from 'temporal-anthropic-batch/simulator';
import { effectivePrices } from '../../src/cost/price-list';
import type { Usage } from '../../src/cost/usage';
import type { JobRef, JobSummary, StoredChunkSummary } from '../../src/job/job';
import { readSpec } from '../../src/spec/stored';
import { findJson } from '../../src/store/json';
import { keys } from '../../src/store/keys';
import type { Store } from '../../src/store/store';
import type { KnownAttempt } from './attempts';
import { type BilledBatch, type CostVerdict, compareCosts, type ReportedJob } from './compare-costs';
import type { SimulatedApi } from './simulated-api';
import { unreadableRows } from './unreadable';

export interface CostedRun {
  api: SimulatedApi;
  store: Store;
  jobs: readonly { ref: JobRef; chunks: number }[];
  /** The attempt that became each batch of ours. */
  attemptOf: ReadonlyMap<string, KnownAttempt>;
  /** Whether a batch came to exist in the named window. */
  isLate: (batch: string) => boolean;
}

/** What the jobs of a store say that they cost against what the simulator billed for them, after everything has ended. */
export async function checkCosts({ api, store, jobs, attemptOf, isLate }: CostedRun): Promise<CostVerdict> {
  // By batch, and there by the digest of the params: a batch never has a request twice.
  const usages = new Map<string, Map<string, Usage>>();
  const sent = await sentRequests(api, attemptOf.keys());
  for (const { batch, digest, usage } of await api.billedRequests()) {
    if (batch === null || !attemptOf.has(batch)) continue;
    const tokens = {
      input: usage.input_tokens,
      output: usage.output_tokens,
      cacheWrite5m: usage.cache_creation_5m_input_tokens,
      cacheWrite1h: usage.cache_creation_1h_input_tokens,
      cacheRead: usage.cache_read_input_tokens,
    };
    const of = usages.get(batch) ?? new Map<string, Usage>();
    of.set(digest, { model: sent.models.get(digest)!, tokens, batch: true, us: false, webSearches: 0 });
    usages.set(batch, of);
  }
  const unreadable = unreadableRows(await api.oddRows());
  const ours: BilledBatch[] = [];
  for (const { id, created_at } of (await api.books()).batches) {
    const sender = attemptOf.get(id);
    if (!sender) continue;
    ours.push({
      id,
      createdAt: new Date(created_at),
      usages: [...(usages.get(id)?.values() ?? [])],
      unreadable: [...(unreadable.get(id) ?? [])].map((row) => usages.get(id)?.get(sent.digests.get(row)!)),
      sender,
      late: isLate(id),
    });
  }
  return compareCosts(ours, await Promise.all(jobs.map((job) => reportedJob(store, job))));
}

/** What was sent in some batches: the digest of each request's params by its `custom_id`, and the model that they ask for by the digest. */
async function sentRequests(
  api: SimulatedApi,
  batches: Iterable<string>,
): Promise<{ digests: Map<string, string>; models: Map<string, string> }> {
  const digests = new Map<string, string>();
  const models = new Map<string, string>();
  for (const batch of batches) {
    for (const { custom_id, params } of await api.requests(batch)) {
      const digest = paramsDigest(params);
      digests.set(custom_id, digest);
      models.set(digest, params.model);
    }
  }
  return { digests, models };
}

async function reportedJob(store: Store, { ref, chunks }: CostedRun['jobs'][number]): Promise<ReportedJob> {
  const summaries: StoredChunkSummary[] = [];
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const summary = await findJson<StoredChunkSummary>(store, keys.chunkSummary(ref, chunk));
    if (summary) summaries.push(summary);
  }
  const summary = await findJson<JobSummary>(store, keys.summary(ref));
  const { prices } = await readSpec(store, ref);
  return { id: ref.id, prices: effectivePrices(prices), chunks: summaries, cost: summary?.cost };
}
