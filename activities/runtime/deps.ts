import type { BatchesApi } from '../../src/anthropic/api';
import type { JobRef } from '../../src/job/job';
import type { SubmissionTimes } from '../../src/job/protocol/submission';
import type { Builders } from '../../src/job-spec/builder';
import type { Store } from '../../src/store/store';
import type { Webhooks } from '../../src/webhook/webhook';
import type { FaultPoints } from './fault-points';

/** The external dependencies of the activities. No activity reads the environment. */
export interface ActivityDeps {
  store: Store;
  /**
   * Creates the client on first use, so that a missing key fails the job that needs it and not the worker.
   */
  anthropic: () => BatchesApi;
  builders: Builders;
  /** The webhooks that jobs may call when they end. */
  webhooks?: Webhooks;
  /** The source of inputs for firings of schedules. Unset on a worker without `--inputs`. */
  inputs?: Store;
  times: SubmissionTimes;
  /** Notifies the first chunk of a job that waits for budget. A hint: it never throws. */
  notifyBudget: (job: JobRef) => Promise<unknown>;
  /**
   * Returns whether Temporal says that the job runs; `undefined` if Temporal cannot be reached. Never throws.
   */
  isRunning: (job: JobRef) => Promise<boolean | undefined>;
  /** Receives the progress of the activities, for tests of a death at any point. Unset in production. */
  points?: FaultPoints;
}
