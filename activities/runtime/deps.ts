import type { BatchesApi } from '../../src/anthropic/api';
import type { JobRef } from '../../src/job/job';
import type { SubmissionTimes } from '../../src/job/protocol/submission';
import type { Builders } from '../../src/job-spec/builder';
import type { Store } from '../../src/store/store';
import type { FaultPoints } from './fault-points';

/** All that the activities need from outside; nothing below reads the environment. */
export interface ActivityDeps {
  store: Store;
  /** Made on first use, so that a missing key is an error of the job that needs it and not of the worker. */
  anthropic: () => BatchesApi;
  builders: Builders;
  /** Where firings of schedules find their inputs; absent on a worker without `--inputs`. */
  inputs?: Store;
  times: SubmissionTimes;
  /** Wakes the first chunk of a job that waits for room in a budget. A hint: it never throws. */
  notifyRoom: (job: JobRef) => Promise<unknown>;
  /** Returns `false` if Temporal says that the job has ended; `true` if it runs, or Temporal cannot be asked. It never throws. */
  mayStillRun: (job: JobRef) => Promise<boolean>;
  /** Told where the activities are, by proofs of what a death there does; absent in production. */
  points?: FaultPoints;
}
