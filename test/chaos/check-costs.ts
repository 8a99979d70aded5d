import { paramsDigest } from 'temporal-anthropic-batch/simulator';
import { effectivePrices } from '../../src/cost/prices/price-list';
import type { Usage } from '../../src/cost/prices/usage';
import type { JobRef, StoredChunkSummary } from '../../src/job/job';
import { findChunkSummary, findSummary } from '../../src/records/chunk-results';
import { readSpec } from '../../src/records/stored-spec';
import type { Store } from '../../src/store/store';
import type { KnownAttempt } from './attempts';
import { billedUsage } from './billed-usage';
import {
  type BilledBatch,
  type BilledCalls,
  type CostVerdict,
  compareCosts,
  type ReportedJob,
} from './compare-costs';
import type { SimulatedApi } from './simulated-api';
import { unreadableRows } from './unreadable';

export interface CostedRun {
  api: SimulatedApi;
  store: Store;
  jobs: readonly {
    ref: JobRef;
    chunks: number;
    /** Unset for a job that sends nothing live. */
    calls?: {
      /** Digests of all its requests. */
      digests: ReadonlySet<string>;
      /** Digests of those that were answered live. */
      answered: ReadonlySet<string>;
    };
  }[];
  /** The attempt that bought each of our batches. */
  attemptOf: ReadonlyMap<string, KnownAttempt>;
  /** Whether a batch was created in the named window. */
  isLate: (batch: string) => boolean;
}

/**
 * Compares the costs that the jobs of a store report with what the simulator billed for them, after
 * everything has ended.
 */
export async function checkCosts({ api, store, jobs, attemptOf, isLate }: CostedRun): Promise<CostVerdict> {
  // By batch, then by the digest of the params. A batch never contains the same request twice.
  const usages = new Map<string, Map<string, Usage>>();
  const calls: { digest: string; usage: Usage }[] = [];
  const sent = await sentRequests(api, attemptOf.keys());
  for (const request of await api.billedRequests()) {
    const { batch, digest } = request;
    const usage = billedUsage(request, sent.models.get(digest));
    if (batch === null) calls.push({ digest, usage });
    if (batch === null || !attemptOf.has(batch)) continue;
    usages.set(batch, (usages.get(batch) ?? new Map<string, Usage>()).set(digest, usage));
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
  const singles = jobs.flatMap(({ ref, calls: ofJob }) => {
    if (!ofJob) return [];
    const made = calls.filter(({ digest }) => ofJob.digests.has(digest));
    return [{ job: ref.id, ...tellCalls(made, ofJob.answered) }];
  });
  return compareCosts(ours, await Promise.all(jobs.map((job) => reportedJob(store, job))), singles);
}

/** Separates calls with an answer, one per request, from all others. */
function tellCalls(
  calls: readonly { digest: string; usage: Usage }[],
  answered: ReadonlySet<string>,
): Pick<BilledCalls, 'answered' | 'lost'> {
  const came = new Map(calls.filter(({ digest }) => answered.has(digest)).map((call) => [call.digest, call]));
  const lost = calls.filter((call) => came.get(call.digest) !== call);
  return { answered: [...came.values()].map(({ usage }) => usage), lost: lost.map(({ usage }) => usage) };
}

/**
 * Returns the requests of some batches: the digest of each request's params by `custom_id`, and the requested
 * model by digest.
 */
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
    const summary = await findChunkSummary(store, { job: ref, chunk });
    if (summary) summaries.push(summary);
  }
  const summary = await findSummary(store, ref);
  const { prices } = await readSpec(store, ref);
  return { id: ref.id, prices: effectivePrices(prices), chunks: summaries, cost: summary?.cost };
}
