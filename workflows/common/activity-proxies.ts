// common/: shared by all workflows: the steps with their timeouts and retries, the clock, the order of
// events. Start here; then read interceptors.ts. May import no other folder of workflows/.

import type { RetryPolicy } from '@temporalio/common';
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities';
import { FAILURE } from '../../src/job/failure';
import { WAITED_FOR } from '../../src/job/worker-wait';

/** Heartbeat timeout. The activities send a heartbeat every two seconds. */
const HEARTBEAT = '15s';

/**
 * Any worker of the task queue may take a step. With eager dispatch, the worker that holds the workflow would
 * take it repeatedly, even if it lacks what another worker has, such as a key.
 */
const allowEagerDispatch = false;

const WAIT = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** Steps that fail only with a non-retryable failure. Any other failure only delays them. */
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
 * Steps of a chunk, for `retryStep`. It gets failures that a few quick retries do not fix, and at once those
 * that no quick retry can fix. It shows them while it waits.
 */
export const chunkSteps = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: '2h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: WAIT,
  retry: CHUNK_RETRY,
});

/**
 * The step that sends a round live. It runs as long as its answers take, a few requests at a time. A
 * cancellation does not await its end: the step that closes the round stops all sending and awaits the calls
 * in flight.
 */
export const liveStep = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: '30d',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: CHUNK_RETRY,
});

/**
 * Steps before the first send, for `retryFirstSteps`. It gets failures that the job waits for at once. Others
 * get a few quick retries.
 */
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

/** Steps whose end a person waits for. They fail after a few quick retries. */
export const firstStep = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: '2h',
  heartbeatTimeout: HEARTBEAT,
  cancellationType: WAIT,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumAttempts: 6 },
});

/** A poll is never retried: after a failure, the next one is due. */
export const pollStep = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: '90s',
  cancellationType: WAIT,
  retry: { maximumAttempts: 1 },
});

/** Calls a webhook for three days. The server that it calls may be down, or a worker may lack the webhook. */
export const webhookStep = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '3d',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '1h' },
});

/** Temporal never retries sending: only the ledger and the API show what a failed attempt bought. */
export const submitStep = (heartbeatTimeout: number) =>
  proxyActivities<Activities>({
    allowEagerDispatch,
    startToCloseTimeout: '2h',
    heartbeatTimeout,
    cancellationType: WAIT,
    retry: { maximumAttempts: 1 },
  });

/**
 * Time after which an attempt that was not completed from outside reads the store again. Bounds the delay if
 * a worker dies with an attempt or a completion is lost. The retries add nothing to the history.
 */
const REREAD_AFTER = '1m';

const REREAD_RETRY: RetryPolicy = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
};

/** Waits for a person. Canceled at once, because no worker holds it. */
export const requestStep = proxyActivities<Activities>({
  allowEagerDispatch,
  startToCloseTimeout: REREAD_AFTER,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: REREAD_RETRY,
});

/** Waits for budget, at most `most` milliseconds. */
export const budgetStep = (most: number) =>
  proxyActivities<Activities>({
    allowEagerDispatch,
    startToCloseTimeout: REREAD_AFTER,
    scheduleToCloseTimeout: most,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: REREAD_RETRY,
  });
