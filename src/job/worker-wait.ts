import { FAILURE, type FailureType, passesByItself } from './failure';
import { spreadOut } from './poll';

/**
 * What one worker lacks and another worker of the task queue may have: a key, a store, a builder, a webhook,
 * an input folder, a newer release. A step that fails with one of these is always retried, whatever its code.
 */
const WORKER_LACKS: readonly FailureType[] = [
  FAILURE.authentication,
  FAILURE.store,
  FAILURE.storeMismatch,
  FAILURE.unknownBuilder,
  FAILURE.unknownWebhook,
  FAILURE.noInputs,
  FAILURE.specVersion,
];

export const workerLacks = (type: FailureType): boolean => WORKER_LACKS.includes(type);

/** How the SDK fails an activity on a worker without the plugin. */
const NOT_REGISTERED = 'NotFoundError';

/**
 * Failure types of a job's steps before the first send for which the job waits: until a worker has all it
 * needs, and the API answers.
 */
export const WAITED_FOR: readonly string[] = [
  ...WORKER_LACKS,
  NOT_REGISTERED,
  // For example a full disk of the worker. An error that no worker can fix is final.
  FAILURE.unexpected,
  ...Object.values(FAILURE).filter(passesByItself),
];

/**
 * Each pause is this many milliseconds longer than the previous one: some 400 tries a day, some 2,200 in 30
 * days.
 *
 * Doubled pauses would punish bad luck. If half of the workers lack something, every other try reaches one
 * that does not, and after seven failed tries the job would wait minutes for the next.
 */
const LONGER = 1_000;

export interface EarlyStepFailure {
  /** `undefined` if the activity reported nothing because its worker died. */
  type: string | undefined;
  /** Failures before this one. */
  tries: number;
  /** Milliseconds since the first try. */
  waited: number;
  /** Milliseconds that the job waits in total. */
  atMost: number;
  /** Milliseconds that the API asked to wait. */
  atLeast: number;
  /** From 0 to 1. */
  spread: number;
}

/**
 * Returns the pause before a step is retried, in milliseconds. Returns `undefined` if the job fails: the job
 * does not wait for this failure, or has waited long enough. The last try comes at the end of that time.
 */
export function earlyStepPause(failure: EarlyStepFailure): number | undefined {
  const { type, tries, waited, atMost, atLeast, spread } = failure;
  const waits = type === undefined || WAITED_FOR.includes(type);
  if (!waits || waited >= atMost) return undefined;
  return Math.min(spreadOut(LONGER * (tries + 1), { atLeast, spread }), atMost - waited);
}
