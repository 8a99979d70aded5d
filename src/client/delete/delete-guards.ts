import { WorkflowNotFoundError } from '@temporalio/client';
import type { JobRef } from '../../job/job';
import { roundName } from '../../job/round-name';
import { findSummary } from '../../records/chunk-results';
import { keys } from '../../records/keys';
import { openRounds } from '../../records/open-rounds';
import { retryClaims } from '../../records/retries';
import type { Store } from '../../store/store';
import { atTemporal, runs } from '../../temporal/at-temporal';
import type { Context } from '../context';
import { quoted } from '../errors';
import { reconcileId } from '../temporal/reconcile';

/** The reason why a job is not deleted. `force` overrides it unless `runs` is set. */
export interface Obstacle {
  reason: string;
  runs: boolean;
}

/** Returns the first reason not to delete a job, or `undefined`. */
export async function obstacle(context: Context, job: JobRef): Promise<Obstacle | undefined> {
  const { store } = context;
  if (runs(await atTemporal(context.client, job.id), job)) return { reason: 'it is running', runs: true };
  if (await isReconciled(context, job)) return { reason: 'it is being reconciled', runs: true };
  const reason =
    (await findSummary(store, job)) === undefined
      ? await unended(store, job)
      : ((await openBatch(store, job)) ?? (await reader(store, job)));
  return reason === undefined ? undefined : { reason, runs: false };
}

async function unended(store: Store, job: JobRef): Promise<string | undefined> {
  for await (const { key } of store.list(keys.job(job))) {
    if (key === keys.spec(job) || key === keys.successor(job)) continue;
    if (key.startsWith(keys.deletions(job))) continue;
    return (
      'it has no summary: its workflow was terminated, or it runs on another Temporal server. ' +
      'Reconcile it first'
    );
  }
  // Only the spec is left: an earlier deletion was interrupted, or the job ended before it planned anything.
  return undefined;
}

async function isReconciled({ client }: Context, job: JobRef): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(reconcileId(job)).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/**
 * Returns a reason if the job bought results it never downloaded. Only its ledger prevents paying for them
 * again.
 */
async function openBatch(store: Store, job: JobRef): Promise<string | undefined> {
  for await (const { ref, left } of openRounds(store, job)) {
    if (left.kind === 'bought') {
      return `the results of its batch ${left.batch} were not collected. Reconcile it first`;
    }
    const sent =
      left.kind === 'live'
        ? 'was sent live and has not ended'
        : 'was sent, and whether it became a batch is unknown';
    return `${roundName(ref.round)} of its chunk ${ref.chunk} ${sent}. Reconcile it first`;
  }
  return undefined;
}

/** Returns a reason if an unfinished retry still reads the requests in the job's files. */
async function reader(store: Store, job: JobRef): Promise<string | undefined> {
  for (const claim of await retryClaims(store, job)) {
    const retry: JobRef = { ...claim, store: job.store };
    // A retry without a spec was deleted or never started, and reads nothing.
    if (!(await findSummary(store, retry)) && (await store.head(keys.spec(retry)))) {
      return `its retry ${quoted(retry.id)} has not ended and still reads its requests`;
    }
  }
  return undefined;
}
