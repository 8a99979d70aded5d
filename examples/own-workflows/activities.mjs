import { Context } from '@temporalio/activity';
import { BatchClient, JobExistsError } from 'temporal-anthropic-batch/client';

const template = {
  model: 'claude-haiku-5-5',
  max_tokens: 20,
  messages: [{ role: 'user', content: 'Is this review good or bad? One word.\n\n{{text}}' }],
};

/** Creates activities that use the worker's connection to Temporal. */
export function createActivities({ store }) {
  const batches = () => new BatchClient(Context.current().client, { store });
  return {
    /** Runs a job over the reviews and returns its id. A retry finds the job that was already started. */
    async answer(reviews) {
      const { info, cancellationSignal: signal } = Context.current();
      const beat = setInterval(() => Context.current().heartbeat(), 5_000);
      try {
        const job = await startOnce(batches(), {
          id: `${info.workflowExecution.workflowId}-reviews`,
          input: { documents: reviews },
          template,
          pollFloor: '1s',
        });
        await job.result({ signal });
        return job.id;
      } finally {
        clearInterval(beat);
      }
    },

    /** Reads the results from the store. They never pass through Temporal. */
    async report(jobId) {
      const counts = {};
      for await (const { status } of (await batches().get(jobId)).results()) {
        counts[status] = (counts[status] ?? 0) + 1;
      }
      return counts;
    },
  };
}

/** Returns the job with this id, new, running or ended, because an activity may be retried at any point. */
async function startOnce(batches, options) {
  try {
    return await batches.start({
      ...options,
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
  } catch (error) {
    if (error instanceof JobExistsError) return await batches.get(options.id);
    throw error;
  }
}
