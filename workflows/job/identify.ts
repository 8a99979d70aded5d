import { ApplicationFailure, defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { upsertMemo, workflowInfo } from '@temporalio/workflow';
import type { PrepareInput } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import type { DocumentSetInput } from '../../src/job/inputs';
import type { JobRef } from '../../src/job/job';
import { JOB_MEMO } from '../../src/job/names';

/**
 * Set by the server on every workflow that a schedule starts: the nominal time, independent of the actual
 * start.
 */
const scheduledTime = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/**
 * Returns the job of a workflow. A client that starts a job names the job's folder in the store, and so does
 * a workflow that starts it as its child. A schedule's firing names its own by the first run id, which a
 * Reset keeps.
 */
export function identify({ job, firing, child }: DocumentSetInput): PrepareInput {
  if (job) return { job };
  const { workflowId: id } = workflowInfo();
  if (child) {
    const own: JobRef = { id, instance: child.instance, store: child.documents.store };
    upsertMemo({ [JOB_MEMO]: own });
    return { job: own, child };
  }
  if (!firing) {
    throw ApplicationFailure.nonRetryable(
      'A document set needs a job, a firing or a child in its input: start it with BatchClient, ' +
        '`batchJob`, the command line or a schedule.',
      FAILURE.invalidInput,
    );
  }
  const info = workflowInfo();
  const own: JobRef = { id, instance: info.firstExecutionRunId, store: firing.store };
  upsertMemo({ [JOB_MEMO]: own });
  const time = info.typedSearchAttributes.get(scheduledTime) ?? info.startTime;
  return { job: own, firing: { schedule: firing.schedule, spec: firing.spec, time: time.toISOString() } };
}
