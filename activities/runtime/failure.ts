import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ApiCallError, type ApiFailure } from '../../src/anthropic/api-failure';
import { FAILURE, type FailureDetails, type FailureType, isDeterministic } from '../../src/job/failure';
import { workerLacks } from '../../src/job/worker-wait';
import type { Problem } from '../../src/records/problems';
import { DamagedKeyError, StoreError } from '../../src/store/store';

interface StepErrorOptions {
  /** The message for Temporal, if the full one is not for everyone. */
  publicMessage?: string;
  /**
   * A retry cannot fix the failure. No effect for failures that another worker of the task queue may not
   * have.
   */
  final?: boolean;
  /** Milliseconds. */
  retryAfter?: number;
  /** What failed more exactly than the type says, as one word. */
  subtype?: string;
}

/**
 * The failure of a job's step. Its message is for the job's owner: it may name documents, and quote them and
 * the API.
 */
export class StepError extends Error {
  override readonly name = 'StepError';
  readonly publicMessage: string;
  readonly final: boolean;
  readonly retryAfter: number | undefined;
  readonly subtype: string | undefined;

  constructor(
    readonly type: FailureType,
    message: string,
    { publicMessage = message, final = false, retryAfter, subtype }: StepErrorOptions = {},
  ) {
    super(message);
    this.publicMessage = publicMessage;
    this.final = final && !workerLacks(type);
    this.retryAfter = retryAfter;
    this.subtype = subtype;
  }
}

/** Converts an API error to a step's failure, with the server's delay if it named one. */
export function apiError(
  { type, subtype, message, publicMessage, retryAfter }: ApiFailure,
  { final }: { final: boolean },
): StepError {
  return new StepError(type, message, { publicMessage, final, retryAfter, subtype });
}

/** A step's failure, as thrown to Temporal and as stored. */
export interface StepFailure {
  type: FailureType;
  subtype?: string;
  problem: Problem;
  final: boolean;
  retryAfter?: number;
  /** Stack frames of an unexpected error: names of files and functions, without its message. */
  frames?: string;
}

/**
 * Reads what a step threw: the public message, the full message, and whether a retry can help. An unexpected
 * error shows only its name and the keys that the step was reading.
 *
 * @param reading keys of the store
 * @returns `undefined` for errors that Temporal gets unchanged: a cancellation, and an existing
 *   ApplicationFailure
 */
export function readStepFailure(
  error: unknown,
  canceled: boolean,
  reading: readonly string[] = [],
): StepFailure | undefined {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return undefined;
  if (canceled && error instanceof Error && error.name === 'AbortError') return undefined;
  if (error instanceof ApiCallError)
    return readStepFailure(apiError(error.failure, { final: false }), canceled);
  if (error instanceof StepError) {
    const { type, subtype, message, publicMessage, final, retryAfter } = error;
    return { type, subtype, problem: { publicMessage, message }, final, retryAfter };
  }
  if (error instanceof StoreError) {
    const { message, publicMessage } = error;
    const damaged = error instanceof DamagedKeyError;
    const type = damaged ? FAILURE.storeDamaged : FAILURE.store;
    return { type, problem: { publicMessage, message }, final: damaged };
  }
  return unforeseen(error, reading);
}

function unforeseen(error: unknown, reading: readonly string[]): StepFailure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const final = isDeterministic(error);
  const where = final && reading.length > 0 ? ` while the step read ${reading.join(', ')}` : '';
  const next = final ? ' It would fail again, so it is not retried.' : '';
  const publicMessage =
    `An unexpected error (${nameOf(error)})${where}.${next} ` +
    "The job's folder in the store has the full message.";
  return {
    type: FAILURE.unexpected,
    problem: { publicMessage, message: where ? `${message}${where}` : message, stack },
    final,
    frames: framesOf(message, stack),
  };
}

/**
 * Returns the failure for Temporal, with its subtype and the key of the full message. It has no cause:
 * Temporal would record the cause's message and stack too.
 */
export function toApplicationFailure(
  { type, subtype, problem, final, retryAfter, frames }: StepFailure,
  key: string | undefined,
): ApplicationFailure {
  const details: FailureDetails = { subtype, wholeMessageInStore: key };
  const failure = ApplicationFailure.create({
    type,
    message: problem.publicMessage,
    nonRetryable: final,
    nextRetryDelay: retryAfter,
    details: subtype === undefined && key === undefined ? undefined : [details],
  });
  if (frames) failure.stack = `${failure.name}: ${failure.message}\n${frames}`;
  return failure;
}

/** Returns the frames of a stack. Lines within the message that look like frames are ignored. */
function framesOf(message: string, stack = ''): string {
  const behind = stack.includes(message) ? stack.slice(stack.indexOf(message) + message.length) : '';
  const lines = behind.split('\n').slice(1);
  return lines.filter((line) => /^ {4}at /.test(line)).join('\n');
}

/** Returns an error's name if it looks like a class name. A name may be any text. */
function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  return /^\w{1,40}$/.test(name) ? name : 'Error';
}
