// child/: starts jobs as children of a user's own workflows, and runs in those workflows. Start here.

import { type ChildWorkflowOptions, ParentClosePolicy, workflowInfo } from '@temporalio/workflow';
import type { DocumentSetInput, StoredDocuments, StoredJobSpec } from '../../src/job/inputs';
import type { JobSummary } from '../../src/job/job';
import { DOCUMENT_SET } from '../../src/job/names';
import type { JobSpec } from '../../src/job-spec/spec';
import { startChildInPlace } from '../common/start-child';
import type { anthropicDocumentSet } from '../job/document-set';

/** The options of `batchJob`. */
export type BatchJobOptions = {
  /** The job's documents, as `writeDocuments` returned them. */
  input: { ref: StoredDocuments };
  /**
   * Part of the job's id, which is `PARENT/NAME-RUN`. Default `batch`. A name that the workflow has used gets
   * a number: `batch-2`. Name calls whose order may change in a replay, such as those behind activities that
   * run concurrently.
   */
  name?: string;
  /**
   * The task queue of the job's workers, which have the plugin. Default: the workflow's own.
   */
  taskQueue?: string;
  /**
   * What happens to the job if the workflow ends before it: its batches are canceled and their finished
   * answers kept (`REQUEST_CANCEL`), or it goes on (`ABANDON`). Default `REQUEST_CANCEL`.
   */
  parentClosePolicy?: 'REQUEST_CANCEL' | 'ABANDON';
  /**
   * Milliseconds that each step before the first send waits for a worker that can run it. Default 24 h.
   */
  waitForWorker?: number;
  /** Whether to set the search attributes of this package, which must be registered. Default `false`. */
  searchAttributes?: boolean;
} & (
  | {
      /**
       * The job's requests and options. They are part of the workflow's history: a long template is better
       * stored with `writeJobSpec`.
       */
      spec: Omit<JobSpec, 'waitForWorker'>;
      specRef?: undefined;
    }
  | {
      /** The job's requests and options, as `writeJobSpec` returned them. */
      specRef: StoredJobSpec;
      spec?: undefined;
    }
);

const DAY = 24 * 3_600_000;

/** The names of this workflow's jobs. Each workflow has its own instance of this module. */
const names = new Set<string>();

/**
 * Runs a job as a child of this workflow and returns its summary. The job's documents and answers stay in the
 * store: read them in an activity, with `readResults`.
 *
 * Canceling the workflow, or the scope of this call, cancels the job's batches and keeps their finished
 * answers. After a Reset of the workflow, the same call continues the same job and pays for nothing twice.
 *
 * @throws {ChildWorkflowFailure} if the job failed or was canceled. Failed requests are results, not errors.
 */
export async function batchJob(options: BatchJobOptions): Promise<JobSummary> {
  const { input, spec, specRef, name = 'batch', taskQueue, parentClosePolicy = 'REQUEST_CANCEL' } = options;
  const label = unused(name);
  const { workflowId, originalExecutionRunId: run } = workflowInfo();
  // With a part of the run, no later run of the workflow can meet a job that this one left behind.
  const own = `${label}-${run.slice(-8)}`;
  const child: DocumentSetInput = {
    child: { instance: `${run}-${label}`, documents: input.ref, spec, specRef },
    waitForWorker: options.waitForWorker ?? DAY,
    searchAttributes: options.searchAttributes ?? false,
  };
  const settings: ChildWorkflowOptions = {
    workflowId: `${workflowId}/${own}`,
    taskQueue,
    parentClosePolicy: ParentClosePolicy[parentClosePolicy],
    staticSummary: `Message Batches job, ${input.ref.documents} documents`,
  };
  const job = await startChildInPlace<typeof anthropicDocumentSet>(DOCUMENT_SET, {
    ...settings,
    args: [child],
  });
  return job.result();
}

/** Returns the name, or the name with the first free number from 2 on. */
function unused(name: string): string {
  let label = name;
  for (let number = 2; names.has(label); number += 1) label = `${name}-${number}`;
  names.add(label);
  return label;
}
