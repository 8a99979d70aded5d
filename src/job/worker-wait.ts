import { FAILURE, type FailureType, passesByItself } from './failure';
import { spreadOut } from './poll';

/**
 * What one worker lacks and another worker of the task queue may have: a key, a store, a builder, a folder of inputs, a newer
 * release. A step that fails with one of these is always retried, whatever its code says.
 */
const WORKER_LACKS: readonly FailureType[] = [
  FAILURE.authentication,
  FAILURE.store,
  FAILURE.storeMismatch,
  FAILURE.unknownBuilder,
  FAILURE.noInputs,
  FAILURE.specVersion,
];

export const workerLacks = (type: FailureType): boolean => WORKER_LACKS.includes(type);

/** How the SDK fails an activity on a worker without the plugin. */
const NOT_REGISTERED = 'NotFoundError';

/** Types of failures of a job's steps before anything is sent that the job waits for: a worker with all that it needs, and an API that answers. */
export const WAITED_FOR: readonly string[] = [
  ...WORKER_LACKS,
  NOT_REGISTERED,
  // A disk of the worker that is full, for one. An error that no worker can mend is final.
  FAILURE.unexpected,
  ...Object.values(FAILURE).filter(passesByItself),
];

/**
 * Each pause is so many milliseconds longer than the one before: a day of waiting is some 400 tries, 30 days some 2,200.
 *
 * Pauses that double would punish bad luck. Where half of the workers lack something, every other try finds one that does not, and
 * after seven tries in vain the job would wait minutes for the next.
 */
const LONGER = 1_000;

export interface EarlyStepFailure {
  /** `undefined` when no activity said anything: its worker died. */
  type: string | undefined;
  /** Failures before this one. */
  tries: number;
  /** Milliseconds since the first try. */
  waited: number;
  /** Milliseconds that the job waits in all. */
  patience: number;
  /** Milliseconds that the API asked to wait. */
  atLeast: number;
  /** From 0 to 1. */
  spread: number;
}

/**
 * Returns the pause before a step is tried again, in milliseconds, or `undefined` when the job fails: the failure is
 * not one that the job waits for, or it has waited long enough. The last try comes when the time is over.
 */
export function earlyStepPause(failure: EarlyStepFailure): number | undefined {
  const { type, tries, waited, patience, atLeast, spread } = failure;
  const waits = type === undefined || WAITED_FOR.includes(type);
  if (!waits || waited >= patience) return undefined;
  return Math.min(spreadOut(LONGER * (tries + 1), { atLeast, spread }), patience - waited);
}
