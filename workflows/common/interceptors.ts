import { ApplicationFailure, type Payload } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  type WorkflowInterceptors,
  type WorkflowInternalsInterceptor,
  workflowInfo,
} from '@temporalio/workflow';
import { failureMessage } from '../../src/job/failure';
import { DELETE_JOB, DOCUMENT_SET, MESSAGE_BATCH, RECONCILE_JOB, SEGMENT } from '../../src/job/names';
import { isWaiting } from '../../src/job/waiting';

const OURS: ReadonlySet<string> = new Set([DOCUMENT_SET, MESSAGE_BATCH, SEGMENT, RECONCILE_JOB, DELETE_JOB]);

type Activation = Parameters<NonNullable<WorkflowInternalsInterceptor['activate']>>[0]['activation'];
type Job = NonNullable<Activation['jobs']>[number];

/** The interceptors of this package's workflows. Other workflows of the bundle run without them. */
export function interceptors(): WorkflowInterceptors {
  // A bundle may name this module twice.
  if (turns || !OURS.has(workflowInfo().workflowType)) return {};
  return oneEventAtATime();
}

/**
 * Makes what a workflow awaited take effect one event at a time, in the order of the history.
 *
 * Temporal's SDK (TypeScript 1.24.0) may split the events of one workflow task into two activations: for a query it applies
 * the history up to now, and the task that begins later brings the rest. A replay applies them in one activation. In one
 * activation the continuations of two events interleave by how many async frames lie between each event and the workflow's
 * code, so their commands can come in another order than was recorded, and the workflow fails for ever (TMPRL1100).
 *
 * Here each completion is held back until its turn. After each one everything it causes runs to its end before the next one
 * is released, so one activation of two events emits the commands of two activations. Cancellation has its turn as well: the
 * workflow runs in a scope that is canceled then, and not at once.
 *
 * Three limits follow. Signals and updates come first in an activation, so no command may depend on one. The workflows of this
 * package must not use `condition`: a condition that becomes true would run beside the next event. And a cancellation of the
 * workflow does not reach its children, which are canceled by their ids: the SDK would send it only to a child whose end it does
 * not know, held back or not.
 */
export function oneEventAtATime(): WorkflowInterceptors {
  const ours = new Turns();
  turns = ours;
  const shielded = new CancellationScope({ cancellable: false });
  const work = new CancellationScope({ cancellable: true, parent: shielded });
  const waiting = new Set<number>();
  return {
    internals: [
      {
        activate(input, next) {
          const { activation } = input;
          // The SDK fails the task for what it cannot decode, and the task would fail for ever.
          // Signals are for display alone.
          activation.jobs = (activation.jobs ?? []).filter(({ signalWorkflow }) =>
            (signalWorkflow?.input ?? []).every((payload) => decodable(payload) === 'yes'),
          );
          for (const { resolveActivity } of activation.jobs) {
            const completed = resolveActivity?.result?.completed;
            if (!completed?.result || !waiting.has(resolveActivity!.seq!)) continue;
            // Anyone may complete it from outside: only a hint.
            if (decodable(completed.result) === 'no') completed.result = undefined;
          }
          ours.begin(activation, () => work.cancel());
          next(input);
          void shielded.run(() => ours.take());
        },
      },
    ],
    inbound: [
      {
        async execute(input, next) {
          try {
            return await work.run(() => next(input));
          } catch (error) {
            // The SDK ends a workflow as canceled for such an error once it knows of a cancellation, whether or not it was the
            // cancellation's turn.
            if (!isCancellation(error) || work.consideredCancelled) throw error;
            throw ApplicationFailure.create({
              message: failureMessage(error),
              nonRetryable: true,
              cause: error as Error,
            });
          }
        },
      },
    ],
    outbound: [
      {
        startTimer(input, next) {
          const timer = ours.hold(`timer ${input.seq}`, next(input));
          const scope = CancellationScope.current();
          // The SDK ends a canceled timer at once, whatever else the activation holds.
          return scope.cancellable ? Promise.race([timer, scope.cancelRequested]) : timer;
        },
        scheduleActivity(input, next) {
          if (isWaiting(input.activityType)) waiting.add(input.seq);
          return ours.hold(`activity ${input.seq}`, next(input));
        },
        async startChildWorkflowExecution(input, next) {
          // To wait for a cancellation that has come already is the SDK's part.
          const { consideredCancelled } = CancellationScope.current();
          const [started, completed] = await (consideredCancelled
            ? next(input)
            : CancellationScope.nonCancellable(() => next(input)));
          return [ours.hold(`start ${input.seq}`, started), ours.hold(`child ${input.seq}`, completed)];
        },
        signalWorkflow: (input, next) => ours.hold(`signal ${input.seq}`, next(input)),
      },
    ],
  };
}

/** Those of the workflow that runs: each has its own instance of this module. */
let turns: Turns | undefined;

/**
 * Refuses to run a workflow of this package without its interceptors.
 *
 * @throws an error that fails the workflow task and not the workflow: the task is retried, and a worker with the right bundle
 *   takes it.
 */
export function assertIntercepted(): void {
  if (turns) return;
  throw new Error(
    "The worker's workflow bundle lacks the interceptors of temporal-anthropic-batch. " +
      'Give AnthropicBatchPlugin to bundleWorkflowCode: bundleWorkflowCode({ workflowsPath, plugins }).',
  );
}

/** Cancellations of other workflows that this one has asked for. */
let cancellations = 0;

/**
 * Asks another workflow to end. No interceptor sees this call, so its event is held here, under the number that the SDK gives
 * it. Must run in a scope that cannot be canceled: there the SDK numbers every call.
 *
 * @throws when no workflow of this id runs.
 */
export function cancelExternalWorkflow(workflowId: string): Promise<void> {
  cancellations += 1;
  const event = `external cancellation ${cancellations}`;
  return turns!.hold(event, getExternalWorkflowHandle(workflowId).cancel());
}

/** Encodings, besides JSON, that the SDK decodes whatever the data is. */
const ALWAYS_DECODED: ReadonlySet<string> = new Set(['binary/null', 'binary/plain']);

/** Whether the SDK can decode a payload. What a payload converter of the user's encodes in another way is not told from junk. */
function decodable({ metadata, data }: Payload): 'yes' | 'no' | 'unknown' {
  const decoder = new TextDecoder();
  try {
    // Empty bytes may come as an empty array, which no decoder takes.
    const encoding = decoder.decode(metadata?.encoding ?? new Uint8Array());
    if (ALWAYS_DECODED.has(encoding)) return 'yes';
    if (encoding !== 'json/plain') return encoding === '' ? 'no' : 'unknown';
    JSON.parse(decoder.decode(data ?? new Uint8Array()));
    return 'yes';
  } catch {
    return 'no';
  }
}

/** The event of a job that a workflow may await, as `hold` names it. */
function eventOf(job: Job): string | undefined {
  if (job.fireTimer) return `timer ${job.fireTimer.seq}`;
  if (job.resolveActivity) return `activity ${job.resolveActivity.seq}`;
  if (job.resolveChildWorkflowExecutionStart) return `start ${job.resolveChildWorkflowExecutionStart.seq}`;
  if (job.resolveChildWorkflowExecution) return `child ${job.resolveChildWorkflowExecution.seq}`;
  if (job.resolveSignalExternalWorkflow) return `signal ${job.resolveSignalExternalWorkflow.seq}`;
  if (job.resolveRequestCancelExternalWorkflow) {
    return `external cancellation ${job.resolveRequestCancelExternalWorkflow.seq}`;
  }
  return job.cancelWorkflow ? CANCEL : undefined;
}

const CANCEL = 'cancel';

/** The events of an activation that have yet to take effect. */
class Turns {
  readonly #order: string[] = [];
  readonly #releases = new Map<string, () => void>();

  begin({ jobs }: Activation, cancel: () => void): void {
    for (const job of jobs ?? []) {
      const event = eventOf(job);
      if (event === undefined) continue;
      this.#order.push(event);
      if (event === CANCEL) this.#releases.set(event, cancel);
    }
  }

  /** Settles as `promise` does, once it is the event's turn; at once where no event of the activation settled it. */
  hold<T>(event: string, promise: Promise<T>): Promise<T> {
    const held = new Promise<T>((resolve, reject) => {
      const settle = (release: () => void) => {
        if (this.#order.includes(event)) this.#releases.set(event, release);
        else release();
      };
      promise.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
    });
    // As with the SDK's own promise of a child's end: a workflow need not await it.
    held.catch(() => {});
    return held;
  }

  /** Releases the events in order, each when all that the one before caused has run. */
  async take(): Promise<void> {
    for (let [event] = this.#order; event !== undefined; [event] = this.#order) {
      // A completion first passes the interceptors that are closer to the SDK than this one.
      if (!this.#releases.has(event)) await quiescence();
      this.#order.shift();
      this.#releases.get(event)?.();
      this.#releases.delete(event);
      await quiescence();
    }
  }
}

/** Resolves when no other continuation is left to run: the SDK looks at conditions only then. */
async function quiescence(): Promise<void> {
  let asked = false;
  await condition(() => {
    if (asked) return true;
    asked = true;
    return false;
  });
}
