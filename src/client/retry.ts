import { jobOptions, normalizeSpec } from '../spec/normalize';
import type { JobOptions } from '../spec/spec';
import { readSpec } from '../spec/stored';
import type { Context } from './context';
import { JobExistsError, JobStateError, quoted } from './errors';
import { JobHandle } from './handle';
import { atTemporal, runs } from './running';
import { startJob } from './start';
import { findStoredJob } from './stored-jobs';
import type { StartSettings } from './types';

export interface RetryOptions extends Omit<JobOptions, 'idField'>, Omit<StartSettings, 'input'> {}

/** Starts a job from the stored requests of the failed documents of `of`. */
export async function retryJob(context: Context, of: JobHandle, options: RetryOptions): Promise<JobHandle> {
  const { id, workflowIdConflictPolicy, workflowIdReusePolicy, searchAttributes, ...changes } = options;
  const job = await of.ref();
  const summary = await of.summary();
  if (!summary) {
    throw new JobStateError(
      of.id,
      `The job ${quoted(of.id)} has not ended: only an ended job can be retried. Wait for it, or cancel it; if its workflow is gone, reconcile it.`,
    );
  }
  // Reset in Temporal, it sends again what an older summary counts as failed.
  if (runs(await atTemporal(context, of.id), job)) {
    throw new JobStateError(
      of.id,
      `The job ${quoted(of.id)} runs again: wait for it, or cancel it, and retry it then.`,
    );
  }
  const earlier = await readSpec(context.store, job);
  if (earlier.source.kind === 'adopt') {
    throw new JobStateError(
      of.id,
      `The job ${quoted(of.id)} cannot be retried: it took the results of the batch ${earlier.source.batch}, which another tool made, ` +
        'and the API does not give requests back. Start a job from the documents that failed.',
    );
  }
  if (summary.failed === 0) {
    const reason =
      summary.chunks === 0 && summary.state === 'failed'
        ? 'it failed before any request was made. Mend its input or its spec and start it again'
        : 'none of its documents failed';
    throw new JobStateError(of.id, `There is nothing to retry in the job ${quoted(of.id)}: ${reason}.`);
  }
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const source = {
    kind: 'retry',
    of: { id: job.id, instance: job.instance },
    chunks: summary.chunks,
  } as const;

  const attempt = async (
    jobId: string,
    policies: Pick<StartSettings, 'workflowIdConflictPolicy' | 'workflowIdReusePolicy'>,
  ) => {
    const spec = normalizeSpec(
      { ...jobOptions(earlier), ...given },
      { id: jobId, source, model: earlier.model },
    );
    const started = await startJob(context, spec, { ...policies, searchAttributes }, async () => {});
    return new JobHandle(context, jobId, started.workflow, started.job);
  };
  if (id !== undefined) return attempt(id, { workflowIdConflictPolicy, workflowIdReusePolicy });
  for (let n = 1; ; n++) {
    const next = `${of.id}-retry-${n}`;
    if (await findStoredJob(context.store, next)) continue;
    try {
      return await attempt(next, {
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      });
    } catch (error) {
      if (!(error instanceof JobExistsError)) throw error;
    }
  }
}
