import type { JobRef } from './job';

/**
 * What a job starts when it has completed, failed or been canceled: a workflow of the user's, or a call of a
 * webhook. Its failure never changes the job's outcome.
 */
export type OnComplete =
  | {
      /** The type of the workflow. Its first argument is the job's summary. */
      workflow: string;
      /** The task queue of its workers. Default: the job's. */
      taskQueue?: string;
      /** Further arguments, which must be JSON. Default none. */
      args?: unknown[];
      webhook?: undefined;
    }
  | {
      /** The name of a webhook in the `webhooks` of the workers' plugin. */
      webhook: string;
      workflow?: undefined;
    };

/** Returns the id of the workflow that a job starts when it ends. One id for each job: it starts once. */
export const onCompleteId = ({ id, instance }: JobRef): string => `${id}/${instance}/complete`;

/** Returns `the webhook ops` or `the workflow notify`, for messages. */
export const onCompleteName = ({ webhook, workflow }: OnComplete): string =>
  webhook === undefined ? `the workflow ${workflow}` : `the webhook ${webhook}`;
