import { Context } from '@temporalio/activity';
import { BatchClient, JobExistsError } from 'temporal-anthropic-batch/client';

const template = {
  model: 'claude-haiku-5-5',
  max_tokens: 20,
  messages: [{ role: 'user', content: 'Is this review good or bad? One word.\n\n{{text}}' }],
};

/** Activities over the worker's own connection to Temporal. */
export function createActivities({ store }) {
  const batches = () => new BatchClient(Context.current().client, { store });
  return {
    /** Carries the reviews through a job and gives its id. Tried again, it finds the job that it started before. */
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

    /** Results are read from the store: they never go through Temporal. */
    async report(jobId) {
      const counts = {};
      for await (const { status } of (await batches().get(jobId)).results()) {
        counts[status] = (counts[status] ?? 0) + 1;
      }
      return counts;
    },
  };
}

/** The job of this id, whether it is new, runs already, or has ended: an activity may be tried again at any point. */
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
