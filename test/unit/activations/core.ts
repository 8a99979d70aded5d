/**
 * A model of the part of the SDK's core between a history and a workflow's code. It turns events into the
 * jobs of an activation, and the code's commands into those that are sent. Modeled on the state machines of
 * `@temporalio/core-bridge` (sdk-core, crates/sdk-core/src/worker/workflow).
 */
import { coresdk } from '@temporalio/proto';
import { activityCanceled, CANCELED } from './events';
import { readable } from './payloads';

const { ActivityCancellationType } = coresdk.workflow_commands;

export type Job = coresdk.workflow_activation.IWorkflowActivationJob;
type LangCommand = coresdk.workflow_commands.IWorkflowCommand;

export type Kind = 'timer' | 'activity' | 'child' | 'signal' | 'cancel';

/** An event of a history that reaches the workflow's code. */
export interface Event {
  name: string;
  job: Job;
  /** The operation of the event, such as `timer 3`. Unset for a request or a signal from outside. */
  of?: string;
  /** `started` for the start of a child. Every other event ends its operation. */
  becomes?: 'started' | 'ended';
}

/** A command, in the form that is sent to the server. */
export interface Command {
  /** The part that a replay compares with the event in the history. */
  key: string;
  /** The whole command. */
  attributes: unknown;
}

/** An operation that the workflow requested from the server and that will end. */
export interface Operation {
  id: string;
  kind: Kind;
  seq: number;
  /** The type of the activity or child workflow, or the name of the signal. */
  type: string;
  /** The command of the workflow's code. */
  command: LangCommand;
  /** `created` and `canceling` last until the commands of the workflow task are sent. */
  state: 'created' | 'sent' | 'started' | 'canceling' | 'cancel sent' | 'ended';
}

/**
 * Core or the server refuses the commands: core evicts the workflow and replays all events in one activation.
 */
export class Refused extends Error {}

/** Core's order: patches and seeds, then signals and updates, then all others in the order of the history. */
const rank = (job: Job) =>
  job.initializeWorkflow ? 0 : job.updateRandomSeed ? 2 : job.signalWorkflow || job.doUpdate ? 3 : 4;

const TERMINAL = [
  'completeWorkflowExecution',
  'failWorkflowExecution',
  'cancelWorkflowExecution',
  'continueAsNewWorkflowExecution',
] as const;

export class Core {
  readonly operations = new Map<string, Operation>();
  /** The workflow has ended. */
  ended = false;
  #commands: { command: Command; operation?: Operation }[] = [];
  #immediate: Job[] = [];

  /** The jobs of the next activation. */
  jobs(events: readonly Event[]): Job[] {
    for (const { of, becomes = 'ended', name } of events) {
      if (of === undefined) continue;
      const operation = this.#operation(of);
      if (operation.state === 'canceling' && operation.kind !== 'child') {
        throw new Refused(`${name} in the task that canceled it`);
      }
      operation.state = becomes;
    }
    return events.map(({ job }) => job).sort((one, other) => rank(one) - rank(other));
  }

  /**
   * Applies an activation's commands. Returns the jobs of an activation that must follow in the same workflow
   * task.
   */
  take(commands: readonly LangCommand[]): Job[] {
    // The server rejects a command after the end of the workflow: the task fails, and its events come again
    // together.
    if (this.ended && commands.length > 0) throw new Refused('The workflow has ended.');
    const isTerminal = (command: LangCommand) => TERMINAL.some((kind) => command[kind]);
    for (const command of commands) if (!isTerminal(command)) this.#take(command);
    const terminal = commands.find(isTerminal);
    if (terminal) this.#end(terminal);
    return this.#immediate.splice(0);
  }

  /** Ends the workflow task. */
  send(): Command[] {
    for (const operation of this.operations.values()) {
      if (operation.state === 'created') operation.state = 'sent';
      // The command ends a canceled timer.
      if (operation.state === 'canceling') {
        const ended = operation.kind === 'timer' || isEndedByRequest(operation);
        operation.state = ended ? 'ended' : 'cancel sent';
      }
    }
    return this.#commands.splice(0).map(({ command }) => command);
  }

  #end(command: LangCommand): void {
    this.ended = true;
    this.#push(TERMINAL.find((kind) => command[kind])!, command);
  }

  #take(command: LangCommand): void {
    const { startTimer, scheduleActivity, startChildWorkflowExecution: child } = command;
    const { signalExternalWorkflowExecution: signal, requestCancelExternalWorkflowExecution: cancel } =
      command;
    if (startTimer) this.#create('timer', startTimer.seq!, '', command);
    else if (scheduleActivity) {
      const { seq, activityType, activityId } = scheduleActivity;
      this.#create('activity', seq!, activityType!, command, activityId!);
    } else if (child) this.#create('child', child.seq!, child.workflowType!, command, child.workflowId!);
    else if (signal) this.#create('signal', signal.seq!, signal.signalName!, command);
    else if (cancel) this.#create('cancel', cancel.seq!, '', command);
    else if (command.cancelTimer) this.#cancel('timer', command.cancelTimer.seq!, command);
    else if (command.requestCancelActivity)
      this.#cancel('activity', command.requestCancelActivity.seq!, command);
    else if (command.cancelChildWorkflowExecution) {
      this.#cancel('child', command.cancelChildWorkflowExecution.childWorkflowSeq!, command);
    } else if (command.cancelSignalWorkflow)
      this.#cancel('signal', command.cancelSignalWorkflow.seq!, command);
    else if (command.upsertWorkflowSearchAttributes) this.#push('attributes', command);
    else if (command.modifyWorkflowProperties) this.#push('memo', command);
    // The SDK guards its own changes with patches.
    else if (command.setPatchMarker) this.#push(`patch ${command.setPatchMarker.patchId}`, command);
    else throw new Error(`This core has no such command: ${JSON.stringify(readable(command))}`);
  }

  #create(kind: Kind, seq: number, type: string, command: LangCommand, id = `${seq}`): void {
    const operation: Operation = { id: `${kind} ${seq}`, kind, seq, type, command, state: 'created' };
    this.operations.set(operation.id, operation);
    this.#push(`${kind} ${type} ${id}`, command, operation);
  }

  #cancel(kind: Kind, seq: number, command: LangCommand): void {
    const operation = this.#operation(`${kind} ${seq}`);
    switch (operation.state) {
      case 'created':
        // Neither the operation nor its cancellation is sent. The code is notified at once.
        operation.state = 'ended';
        this.#commands = this.#commands.filter((it) => it.operation !== operation);
        this.#immediate.push(...canceledBeforeSent(operation));
        return;
      case 'sent':
      case 'started':
        if (kind === 'signal') return;
        // Core requests the cancellation of a child separately, and then waits for its end as before.
        if (kind !== 'child') operation.state = 'canceling';
        this.#push(`cancel of ${operation.id}`, command);
        if (isEndedByRequest(operation)) this.#immediate.push(activityCanceled(operation.seq).job);
        return;
      default:
        // It has ended, or its cancellation is in flight.
        return;
    }
  }

  #push(key: string, command: LangCommand, operation?: Operation): void {
    this.#commands.push({ command: { key, attributes: readable(command) }, operation });
  }

  #operation(id: string): Operation {
    const operation = this.operations.get(id);
    if (!operation) throw new Error(`The workflow never requested ${id}`);
    return operation;
  }
}

/** Whether the code does not wait until the activity has ended. */
const isEndedByRequest = ({ command: { scheduleActivity } }: Operation) =>
  scheduleActivity?.cancellationType === ActivityCancellationType.TRY_CANCEL;

function canceledBeforeSent({ kind, seq }: Operation): Job[] {
  if (kind === 'activity') return [activityCanceled(seq).job];
  const failure = { ...CANCELED, message: 'Canceled before it was sent.' };
  if (kind === 'child') return [{ resolveChildWorkflowExecutionStart: { seq, cancelled: { failure } } }];
  if (kind === 'signal') return [{ resolveSignalExternalWorkflow: { seq, failure } }];
  // The code ends a canceled timer itself.
  return [];
}
