/** Turns a recorded history into the events that reach a workflow's code, task by task. */
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { RecordedHistory } from '../../support/histories';
import type { Core, Operation } from './core';
import * as events from './events';
import { NOT_FOUND } from './path';
import { type Start, started } from './vm';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type Payloads = temporal.api.common.v1.IPayloads;
type Event = events.Event;

/** The events of a completed workflow task, and when it began, in milliseconds. */
export interface RecordedTask {
  events: HistoryEvent[];
  time: number;
}

/** Returns the workflow tasks, up to the last one with several events. */
export function recordedTasks({ history }: RecordedHistory): RecordedTask[] {
  const tasks: RecordedTask[] = [];
  let events: HistoryEvent[] = [];
  for (const [index, event] of history.events.entries()) {
    if (reachesCode(event)) events.push(event);
    // The events of a task that failed come again in the next one.
    if (!event.workflowTaskStartedEventAttributes) continue;
    if (!history.events[index + 1]?.workflowTaskCompletedEventAttributes) continue;
    tasks.push({ events, time: timeOf(event) });
    events = [];
  }
  return tasks.slice(0, tasks.findLastIndex((task) => task.events.length > 1) + 1);
}

/** Returns whether an event is neither the code's own command nor the server's bookkeeping. */
function reachesCode(event: HistoryEvent): boolean {
  const [name, attributes] = Object.entries(event).find(([key]) => key.endsWith('EventAttributes'))!;
  if (/^(workflowTask|activityTaskStarted)/.test(name)) return false;
  return !Object.hasOwn(attributes, 'workflowTaskCompletedEventId');
}

/** Returns how and when a recorded workflow was started. */
export function recordedStart({ workflowId, history }: RecordedHistory): Start & { time: number } {
  const [first] = history.events;
  const { workflowType, input, parentWorkflowExecution } = first!.workflowExecutionStartedEventAttributes!;
  const parent = parentWorkflowExecution && {
    workflowId: parentWorkflowExecution.workflowId!,
    runId: parentWorkflowExecution.runId!,
  };
  const [type, args] = [workflowType!.name!, values(input)];
  return { type, args, interceptors: 'ours', workflowId, parent: parent ?? undefined, time: timeOf(first!) };
}

/** Returns a function that reads an event as the code gets it, or `undefined` if the code gets none. */
export function recordedEvents({ history }: RecordedHistory, start: Start & { time: number }) {
  const byId = new Map(history.events.map((event) => [`${event.eventId}`, event]));
  return (event: HistoryEvent, core: Core): Event | undefined =>
    fromOutside(event, start) ??
    ofActivity(event, core, byId) ??
    ofChild(event, core, byId) ??
    ofOtherWorkflow(event, core, byId);
}

type ById = ReadonlyMap<string, HistoryEvent>;

function fromOutside(event: HistoryEvent, start: Start & { time: number }): Event | undefined {
  const { timerFiredEventAttributes: timer, workflowExecutionSignaledEventAttributes: signal } = event;
  if (event.workflowExecutionStartedEventAttributes) return started(start, start.time);
  if (event.workflowExecutionCancelRequestedEventAttributes) return events.CANCEL_REQUESTED;
  if (signal) return events.signaled(signal.signalName!, ...values(signal.input));
  return timer ? events.timerFired(Number(timer.timerId)) : undefined;
}

function ofActivity(event: HistoryEvent, core: Core, byId: ById): Event | undefined {
  const completed = event.activityTaskCompletedEventAttributes;
  const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  const canceled = event.activityTaskCanceledEventAttributes;
  const ended = completed ?? failed ?? canceled;
  if (!ended) return undefined;
  const scheduled = byId.get(`${ended.scheduledEventId}`)!.activityTaskScheduledEventAttributes!;
  const seq = Number(scheduled.activityId);
  // The code does not wait for the end of an activity that it need not await.
  if (core.operations.get(`activity ${seq}`)?.state === 'ended') return undefined;
  if (completed) return events.activityCompleted(seq, values(completed.result)[0]);
  return failed ? events.activityFailed(seq, asFailure(failed.failure)) : events.activityCanceled(seq);
}

function ofChild(event: HistoryEvent, core: Core, byId: ById): Event | undefined {
  const begun = event.childWorkflowExecutionStartedEventAttributes;
  const refused = event.startChildWorkflowExecutionFailedEventAttributes;
  const completed = event.childWorkflowExecutionCompletedEventAttributes;
  const failed = event.childWorkflowExecutionFailedEventAttributes;
  const canceled = event.childWorkflowExecutionCanceledEventAttributes;
  const terminated = event.childWorkflowExecutionTerminatedEventAttributes;
  const child = begun ?? refused ?? completed ?? failed ?? canceled ?? terminated;
  if (!child) return undefined;
  const initiated = byId.get(`${child.initiatedEventId}`)!
    .startChildWorkflowExecutionInitiatedEventAttributes!;
  const { seq } = open(core, begun || refused ? 'sent' : 'started', ({ command }) => {
    return command.startChildWorkflowExecution?.workflowId === initiated.workflowId;
  });
  if (begun) return events.childStarted(seq);
  if (refused) return events.childNotStarted(seq, initiated.workflowId!, initiated.workflowType!.name!);
  if (completed) return events.childCompleted(seq, values(completed.result)[0]);
  if (failed) return events.childFailed(seq, asFailure(failed.failure));
  return canceled ? events.childCanceled(seq) : events.childFailed(seq, events.TERMINATED);
}

function ofOtherWorkflow(event: HistoryEvent, core: Core, byId: ById): Event | undefined {
  const signaled = event.externalWorkflowExecutionSignaledEventAttributes;
  const unsignaled = event.signalExternalWorkflowExecutionFailedEventAttributes;
  const canceled = event.externalWorkflowExecutionCancelRequestedEventAttributes;
  const uncanceled = event.requestCancelExternalWorkflowExecutionFailedEventAttributes;
  const sent = signaled ?? unsignaled ?? canceled ?? uncanceled;
  if (!sent) return undefined;
  const initiated = byId.get(`${sent.initiatedEventId}`)!;
  const signal = initiated.signalExternalWorkflowExecutionInitiatedEventAttributes;
  const cancel = initiated.requestCancelExternalWorkflowExecutionInitiatedEventAttributes;
  const { workflowId } = (signal ?? cancel)!.workflowExecution!;
  const { seq } = open(core, 'sent', ({ type, command }) => {
    const { signalExternalWorkflowExecution, requestCancelExternalWorkflowExecution } = command;
    if (cancel) return requestCancelExternalWorkflowExecution?.workflowExecution?.workflowId === workflowId;
    const target = signalExternalWorkflowExecution?.workflowExecution?.workflowId;
    return type === signal!.signalName && target === workflowId;
  });
  const failure = unsignaled || uncanceled ? NOT_FOUND : undefined;
  return signal ? events.signalSent(seq, failure) : events.cancelSent(seq, failure);
}

/** Returns the earliest operation that has such a command. @throws if the code never requested it */
function open(core: Core, state: Operation['state'], is: (operation: Operation) => boolean): Operation {
  const found = [...core.operations.values()].find((it) => it.state === state && is(it));
  if (!found) throw new Error('The workflow requested something else than in its recorded history.');
  return found;
}

const timeOf = ({ eventTime }: HistoryEvent) =>
  Number(eventTime!.seconds) * 1_000 + Math.floor((eventTime!.nanos ?? 0) / 1_000_000);

const values = (from: Payloads | null | undefined): unknown[] =>
  (from?.payloads ?? []).map((each) => defaultPayloadConverter.fromPayload(each));

const asFailure = (failure: temporal.api.failure.v1.IFailure | null | undefined) => failure as events.Failure;
