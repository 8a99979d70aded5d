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
import {
  CALL_WEBHOOK,
  DELETE_JOB,
  DOCUMENT_SET,
  MESSAGE_BATCH,
  RECONCILE_JOB,
  SEGMENT,
} from '../../src/job/names';
import { isWaiting } from '../../src/job/waiting';

const OURS: ReadonlySet<string> = new Set([
  DOCUMENT_SET,
  MESSAGE_BATCH,
  SEGMENT,
  RECONCILE_JOB,
  DELETE_JOB,
  CALL_WEBHOOK,
]);

type Activation = Parameters<NonNullable<WorkflowInternalsInterceptor['activate']>>[0]['activation'];
type Job = NonNullable<Activation['jobs']>[number];

/** Returns the interceptors of this package's workflows. Other workflows of the bundle run without them. */
export function interceptors(): WorkflowInterceptors {
  // A bundle may include this module twice.
  if (turns || !OURS.has(workflowInfo().workflowType)) return {};
  return oneEventAtATime();
}

/**
 * Applies the events that a workflow awaits one at a time, in the order of the history.
 *
 * Temporal's SDK (TypeScript 1.24.0) may split the events of one workflow task into two activations: for a
 * query it applies the history so far, and the task that begins later brings the rest. A replay applies them
 * in one activation. There, the continuations of two events interleave by the number of async frames between
 * each event and the workflow's code. Their commands can then come in another order than recorded, and the
 * workflow fails forever (TMPRL1100).
 *
 * Here each completion is held back until its turn. Everything that it causes runs to its end before the next
 * one is released, so one activation of two events emits the commands of two activations. A cancellation has
 * its turn too: the workflow runs in a scope that is canceled then, and not at once.
 *
 * This has three consequences. Signals and updates come first in an activation, so no command may depend on
 * one. The workflows of this package must not use `condition`: a condition that becomes true would run
 * concurrently with the next event. A cancellation of the workflow does not reach its children, which are
 * canceled by id: the SDK would send it only to a child whose end it does not know, held back or not.
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
          // The SDK fails the task for a payload that it cannot decode, and would fail it forever. Signals
          // are only for display, so undecodable ones are dropped.
          activation.jobs = (activation.jobs ?? []).filter(({ signalWorkflow }) =>
            (signalWorkflow?.input ?? []).every((payload) => decodable(payload) === 'yes'),
          );
          for (const { resolveActivity } of activation.jobs) {
            const completed = resolveActivity?.result?.completed;
            if (!completed?.result || !waiting.has(resolveActivity!.seq!)) continue;
            // Anyone may complete the activity from outside, so its result is only a hint.
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
            // Once the SDK knows of a cancellation, it ends a workflow as canceled for such an error, even
            // before the cancellation's turn.
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
          // The SDK ends a canceled timer at once, even if the activation holds other events.
          return scope.cancellable ? Promise.race([timer, scope.cancelRequested]) : timer;
        },
        scheduleActivity(input, next) {
          if (isWaiting(input.activityType)) waiting.add(input.seq);
          return ours.hold(`activity ${input.seq}`, next(input));
        },
        async startChildWorkflowExecution(input, next) {
          // If the cancellation has already come, the SDK waits for it.
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

/** The turns of the running workflow. Each workflow has its own instance of this module. */
let turns: Turns | undefined;

/**
 * Refuses to run a workflow of this package without its interceptors.
 *
 * @throws an error that fails the workflow task but not the workflow: the task is retried until a worker with
 *   the right bundle takes it
 */
export function assertIntercepted(): void {
  if (turns) return;
  throw new Error(
    "The worker's workflow bundle lacks the interceptors of temporal-anthropic-batch. " +
      'Give AnthropicBatchPlugin to bundleWorkflowCode: bundleWorkflowCode({ workflowsPath, plugins }).',
  );
}

/** Number of cancellations of other workflows that this workflow has requested. */
let cancellations = 0;

/**
 * Requests the cancellation of another workflow. No interceptor sees this call, so its event is held here,
 * under the number that the SDK gives it. Must run in a scope that cannot be canceled: there the SDK numbers
 * every call.
 *
 * @throws if no workflow with this id runs
 */
export function cancelExternalWorkflow(workflowId: string): Promise<void> {
  cancellations += 1;
  const event = `external cancellation ${cancellations}`;
  return turns!.hold(event, getExternalWorkflowHandle(workflowId).cancel());
}

/** Encodings, besides JSON, that the SDK can decode with any data. */
const ALWAYS_DECODED: ReadonlySet<string> = new Set(['binary/null', 'binary/plain']);

/**
 * Returns whether the SDK can decode a payload. `unknown`: a user's payload converter may use this encoding.
 */
function decodable({ metadata, data }: Payload): 'yes' | 'no' | 'unknown' {
  const decoder = new TextDecoder();
  try {
    // Empty bytes may come as an empty array, which no decoder accepts.
    const encoding = decoder.decode(metadata?.encoding ?? new Uint8Array());
    if (ALWAYS_DECODED.has(encoding)) return 'yes';
    if (encoding !== 'json/plain') return encoding === '' ? 'no' : 'unknown';
    JSON.parse(decoder.decode(data ?? new Uint8Array()));
    return 'yes';
  } catch {
    return 'no';
  }
}

/** Returns the event of an activation job that a workflow may await, as `hold` names it. */
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

/** The events of an activation that have not yet taken effect. */
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

  /**
   * Settles like `promise`, but in the event's turn. Settles at once if no event of the activation settled
   * it.
   */
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
    // As with the SDK's own promise of a child's end, a workflow need not await it.
    held.catch(() => {});
    return held;
  }

  /** Releases the events in order, each once everything that the previous one caused has run. */
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

/** Resolves when no other continuation is left to run. Only then does the SDK check conditions. */
async function quiescence(): Promise<void> {
  let asked = false;
  await condition(() => {
    if (asked) return true;
    asked = true;
    return false;
  });
}
