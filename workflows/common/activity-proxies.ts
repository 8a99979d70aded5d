// common/: what all workflows need: the steps with their time limits and retries, the clock, the order of events. It imports no
// other room. Start here; then interceptors.ts.

import type { RetryPolicy } from '@temporalio/common';
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities';
import { FAILURE } from '../../src/job/failure';
import { WAITED_FOR } from '../../src/job/worker-wait';

/** Found dead within so long; the activities beat every two seconds. */
const HEARTBEAT = '15s';

/**
 * Any worker of the task queue may take a step. With eager dispatch the worker that holds the workflow would take it again and again,
 * also when it lacks what another one has, such as a key.
 */
const allowEagerDispatch = false;

const WAIT = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** Steps that any failure but a non-retryable one only delays. */
export const steps = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: '2h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: WAIT,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

const CHUNK_RETRY: RetryPolicy = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumAttempts: 5,
  nonRetryableErrorTypes: [
    FAILURE.authentication,
    FAILURE.billing,
    FAILURE.limited,
    FAILURE.notFound,
    FAILURE.resultsIncomplete,
  ],
};

/**
 * Steps of a chunk, for `persist`: it sees what a few quick tries do not mend, and at once what no quick one would, and shows
 * it while it waits.
 */
export const chunkSteps = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: '2h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: WAIT,
  retry: CHUNK_RETRY,
});

/**
 * The same for a round that is sent live: as long as its answers take, at a few requests at a time. When it is canceled
 * its end is not awaited: the step that closes the round stops all sending, and awaits the calls in flight.
 */
export const liveStep = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: '30d',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: CHUNK_RETRY,
});

/** Steps before anything is sent, for `waitOut`: it sees at once what the job waits for. Anything else gets a few quick tries. */
export const earlySteps = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: '2h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: WAIT,
  retry: {
    initialInterval: '500ms',
    backoffCoefficient: 2,
    maximumAttempts: 6,
    nonRetryableErrorTypes: [...WAITED_FOR],
  },
});

/** Steps of which a person waits for the end: what a few quick tries do not mend fails them. */
export const firstStep = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: '2h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: WAIT,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumAttempts: 6 },
});

/** A poll is never repeated: a failed one waits for the next. */
export const pollStep = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: '90s',
  cancellationType: WAIT,
  retry: { maximumAttempts: 1 },
});

/** Sending is never repeated by Temporal: what a failed attempt bought, only the ledger and the API can tell. */
export const submitStep = (heartbeatTimeout: number) =>
  proxyActivities<Activities>({
    allowEagerDispatch,
    startToCloseTimeout: '2h',
    heartbeatTimeout,
    cancellationType: WAIT,
    retry: { maximumAttempts: 1 },
  });

/**
 * An attempt that is not completed from outside looks at the store again after this time. A worker may die with an attempt in its
 * hands, and a completion may be lost: more than this must not be lost with it. The retries cost the history nothing.
 */
const LOOK_AGAIN = '1m';

const LOOK_AGAIN_RETRY: RetryPolicy = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
};

/** Waits for a person. It is canceled at once, because no worker holds it. */
export const requestStep = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: LOOK_AGAIN,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: LOOK_AGAIN_RETRY,
});

/** Waits for room in a budget, for so many milliseconds. */
export const roomStep = (most: number) =>
  proxyActivities<Activities>({
    allowEagerDispatch,
    startToCloseTimeout: LOOK_AGAIN,
    scheduleToCloseTimeout: most,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: LOOK_AGAIN_RETRY,
  });
