import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ApiCallError, type ApiFailure } from '../../src/anthropic/errors';
import { FAILURE, type FailureType, isDeterministic } from '../../src/job/failure';
import { workerLacks } from '../../src/job/worker-wait';
import type { Problem } from '../../src/records/problems';
import { DamagedKeyError, StoreError } from '../../src/store/store';

interface StepErrorOptions {
  /** What Temporal is told, where the message is not for everyone. */
  publicMessage?: string;
  /** No further attempt can mend it. Without effect for what another worker of the task queue may have. */
  final?: boolean;
  /** Milliseconds. */
  retryAfter?: number;
}

/** What a step of a job fails with. The message is for the job's owner: it may name documents, and quote them and the API. */
export class StepError extends Error {
  override readonly name = 'StepError';
  readonly publicMessage: string;
  readonly final: boolean;
  readonly retryAfter: number | undefined;

  constructor(
    readonly type: FailureType,
    message: string,
    { publicMessage = message, final = false, retryAfter }: StepErrorOptions = {},
  ) {
    super(message);
    this.publicMessage = publicMessage;
    this.final = final && !workerLacks(type);
    this.retryAfter = retryAfter;
  }
}

/** An error of the API as a step fails with it: with the server's own delay where it named one. */
export function apiError(
  { type, message, publicMessage, retryAfter }: ApiFailure,
  { final }: { final: boolean },
): StepError {
  return new StepError(type, message, { publicMessage, final, retryAfter });
}

/** How a step failed: what is thrown to Temporal, and what is kept of it. */
export interface StepFailure {
  type: FailureType;
  problem: Problem;
  final: boolean;
  retryAfter?: number;
  /** Where in the code an error arose that nobody foresaw: names of files and functions, without its message. */
  frames?: string;
}

/**
 * Reads what a step threw: what Temporal may show, the whole of it, and whether a further attempt can help. An error that was not
 * foreseen shows only its name and the keys that the step was reading.
 *
 * @param reading keys of the store
 * @returns `undefined` for what Temporal gets as it is: a cancellation, and a failure that was made before.
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
    const { type, message, publicMessage, final, retryAfter } = error;
    return { type, problem: { publicMessage, message }, final, retryAfter };
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
  const next = final ? ' It would fail again, so it is not tried again.' : '';
  const publicMessage =
    `An error that was not foreseen (${nameOf(error)})${where}.${next} ` +
    "The job's folder in the store has its message.";
  return {
    type: FAILURE.unexpected,
    problem: { publicMessage, message: where ? `${message}${where}` : message, stack },
    final,
    frames: framesOf(message, stack),
  };
}

/** What Temporal is told, with where the whole of it lies. No cause: Temporal would write down its message and stack too. */
export function toApplicationFailure(
  { type, problem, final, retryAfter, frames }: StepFailure,
  key: string | undefined,
): ApplicationFailure {
  const failure = ApplicationFailure.create({
    type,
    message: problem.publicMessage,
    nonRetryable: final,
    nextRetryDelay: retryAfter,
    details: key === undefined ? undefined : [{ wholeMessageInStore: key }],
  });
  if (frames) failure.stack = `${failure.name}: ${failure.message}\n${frames}`;
  return failure;
}

/** The frames of a stack. A message may have any lines, so what looks like a frame within it is none. */
function framesOf(message: string, stack = ''): string {
  const behind = stack.includes(message) ? stack.slice(stack.indexOf(message) + message.length) : '';
  const lines = behind.split('\n').slice(1);
  return lines.filter((line) => /^ {4}at /.test(line)).join('\n');
}

/** A name is any text; one that looks like a class's is told. */
function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  return /^\w{1,40}$/.test(name) ? name : 'Error';
}
