/** Runs a workflow along a path of random events, twice, and compares its commands. */
import { FAILURE } from '../../../src/job/failure';
import type { Choices } from './choices';
import { type Command, type Event, type Operation, Refused } from './core';
import * as events from './events';
import { readable } from './payloads';
import { type Activation, Run, type Start, started, type Workflows } from './vm';

export interface Scenario extends Start {
  /** The result of an activity. */
  answer: (activity: string, input: unknown, choices: Choices) => unknown;
  /** The result of a child workflow. */
  childEnd?: (workflow: string, input: unknown, choices: Choices) => unknown;
  /** A signal that the workflow may receive, well formed or not. */
  signal?: (choices: Choices) => Event;
}

/**
 * The time of activations before their workflow task begins. `stale` is the behaviour of core: the workflow's
 * time only moves when a task begins, so they have the time of the previous task. `right` is the time of
 * their own task, which allows a comparison of whole commands.
 */
export type Clock = 'right' | 'stale';

/** A replay compares only kinds: the type and id of an activity or a child, but not its input. */
export type Compared = 'whole commands' | 'kinds of commands';

const START = 1_800_000_000_000;
const minutes = (n: number) => n * 60_000;

/** The events so far, for the message of a failed comparison and to count what the paths have met. */
export interface Taken {
  lines: string[];
  /** Keys of all commands. */
  commands: Set<string>;
  /** Pairs of events in one task. */
  pairs: number;
}

/** The events of a workflow task. */
interface Task {
  events: readonly Event[];
  /** When the task begins, in milliseconds. */
  time: number;
  /** How many of the events come for queries before the task begins, if the clock is `stale`. */
  early: number;
}

/** Compares a workflow along a path of random events. @throws if the commands of a task differ */
export function comparePath(
  workflows: Workflows,
  scenario: Scenario,
  choices: Choices,
  clock: Clock,
  compared: Compared = 'whole commands',
): Promise<Taken> {
  let time = START;
  let begun = false;
  return compareTasks(workflows, scenario, START, clock, compared, (worker) => {
    if (begun && (worker.run.core.ended || choices.spent)) return undefined;
    const events = begun ? nextTask(scenario, worker, choices) : firstTask(scenario, choices);
    begun = true;
    if (events.length === 0) return undefined;
    time = Math.max(
      time + choices.of([1_000, minutes(20), minutes(130)]),
      ...events.map((event) => worker.due(event)),
    );
    return { events, time, early: choices.of([events.length, events.length - 1]) };
  });
}

/**
 * Replays the work of a worker. `split` is the worker that applies each event by itself because of a query,
 * `whole` the one that replays the history later. A workflow task whose commands differ between them fails
 * forever.
 *
 * @param next returns the next task for `whole`
 * @throws if the commands of a task differ
 */
export async function compareTasks(
  workflows: Workflows,
  start: Start,
  startTime: number,
  clock: Clock,
  compared: Compared,
  next: (whole: Worker) => Task | undefined,
): Promise<Taken> {
  const taken: Taken = { lines: [], commands: new Set(), pairs: 0 };
  const whole = new Worker(workflows, start, startTime);
  const split = new Worker(workflows, start, startTime);
  try {
    await whole.begin();
    await split.begin();
    let before = startTime;
    for (let task = next(whole); task; task = next(whole)) {
      const { events, time, early } = task;
      const expected = await whole.task([{ events, time }]);
      const activations = events.map((event, index) => ({
        events: [event],
        time: clock === 'stale' && index < early ? before : time,
      }));
      before = time;
      const sent = await split.task(activations);
      taken.pairs += events.length - 1;
      for (const { key } of expected) taken.commands.add(key);
      const names = events.map(({ name }) => name).join(' + ');
      taken.lines.push(`${names}: ${expected.map(({ key }) => key).join(', ')}`);
      assertSame(sent, expected, compared, taken.lines);
    }
    return taken;
  } finally {
    await whole.end();
    await split.end();
  }
}

/** A workflow on a worker. */
export class Worker {
  #run!: Run;
  readonly #tasks: (readonly Activation[])[] = [];
  readonly #due = new Map<string, number>();

  readonly #workflows: Workflows;
  readonly #start: Start;
  readonly #startTime: number;

  constructor(workflows: Workflows, start: Start, startTime: number) {
    this.#workflows = workflows;
    this.#start = start;
    this.#startTime = startTime;
  }

  get run(): Run {
    return this.#run;
  }

  async begin(): Promise<void> {
    this.#run = await Run.create(this.#workflows, this.#start, this.#startTime);
  }

  async end(): Promise<void> {
    await this.#run?.dispose();
  }

  /** When the timer of the event is due, in milliseconds. */
  due({ of = '' }: Event): number {
    return this.#due.get(of) ?? 0;
  }

  async task(activations: readonly Activation[]): Promise<Command[]> {
    const { events, time } = {
      events: activations.flatMap((it) => it.events),
      time: activations.at(-1)!.time,
    };
    let sent: Command[];
    try {
      sent = await this.#run.task(...activations);
      this.#tasks.push(activations);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // Core evicts the workflow and replays the history, in which both events come in one activation.
      await this.end();
      await this.begin();
      for (const task of this.#tasks) await this.#run.task(...task.map((it) => ({ ...it })));
      sent = await this.#run.task({ events, time });
      this.#tasks.push([{ events, time }]);
    }
    for (const operation of this.#run.core.operations.values()) {
      if (operation.kind !== 'timer' || this.#due.has(operation.id)) continue;
      const { seconds, nanos } = readable(operation.command.startTimer!.startToFireTimeout) as {
        seconds: number;
        nanos?: number;
      };
      this.#due.set(operation.id, time + seconds * 1_000 + (nanos ?? 0) / 1_000_000);
    }
    return sent;
  }
}

function firstTask(scenario: Scenario, choices: Choices): Event[] {
  const task = [started(scenario, START)];
  if (scenario.signal && choices.oneIn(4)) task.push(scenario.signal(choices));
  if (choices.oneIn(20)) task.push(events.CANCEL_REQUESTED);
  return task;
}

/** One to four of the events that are possible now. */
function nextTask(scenario: Scenario, worker: Worker, choices: Choices): Event[] {
  const { core } = worker.run;
  const { signal } = scenario;
  const open = [...core.operations.values()].filter(({ state }) => state !== 'ended');
  const task: Event[] = [];
  const count = choices.of([2, 1, 2, 3, 4]);
  while (task.length < count) {
    if (signal && choices.oneIn(6)) task.push(signal(choices));
    else if (!canceled.has(worker) && choices.oneIn(40)) {
      canceled.add(worker);
      task.push(events.CANCEL_REQUESTED);
    } else {
      const [operation] = open.splice(choices.of(open.map((_, index) => index)), 1);
      if (!operation) break;
      const event = eventOf(operation, scenario, choices);
      task.push(event);
      // A child may start and end in one task.
      if (event.becomes === 'started' && choices.oneIn(3)) task.push(childEnd(operation, scenario, choices));
    }
  }
  return task;
}

const canceled = new WeakSet<Worker>();

const PASSING = [FAILURE.unavailable, FAILURE.limited, FAILURE.notFound, FAILURE.billing, FAILURE.store];
const LASTING = [FAILURE.refused, FAILURE.batchGone, FAILURE.resultsGone, FAILURE.ledgerMissing];

function eventOf(operation: Operation, scenario: Scenario, choices: Choices): Event {
  const { kind, seq, type, state, command } = operation;
  const sent = state === 'cancel sent';
  switch (kind) {
    case 'timer':
      return events.timerFired(seq);
    case 'activity': {
      const [input] = readable(command.scheduleActivity!.arguments) as unknown[];
      const answered = () => scenario.answer(type, input, choices);
      if (sent && choices.of([true, false])) return events.activityCanceled(seq);
      if (!choices.oneIn(4)) {
        return events.activityCompleted(seq, answered());
      }
      if (choices.oneIn(4)) return events.activityFailed(seq, events.failed(choices.of(LASTING), true));
      // A transient failure reaches the workflow only after all attempts have failed or timed out.
      const { retryPolicy, scheduleToCloseTimeout } = command.scheduleActivity!;
      if (!retryPolicy?.maximumAttempts && !scheduleToCloseTimeout) {
        return events.activityCompleted(seq, answered());
      }
      return events.activityFailed(seq, choices.of([events.failed(choices.of(PASSING)), events.TIMED_OUT]));
    }
    case 'child': {
      if (state !== 'sent') return childEnd(operation, scenario, choices);
      const { workflowId } = command.startChildWorkflowExecution!;
      return choices.oneIn(5) ? events.childNotStarted(seq, workflowId!, type) : events.childStarted(seq);
    }
    case 'signal':
      return events.signalSent(seq, choices.oneIn(5) ? NOT_FOUND : undefined);
    case 'cancel':
      return events.cancelSent(seq, choices.oneIn(3) ? NOT_FOUND : undefined);
  }
}

/** Core's failure. */
export const NOT_FOUND = {
  message: 'Unable to signal external workflow because it was not found',
  applicationFailureInfo: { type: 'ExternalWorkflowExecutionNotFound' },
};

function childEnd({ seq, type, command }: Operation, scenario: Scenario, choices: Choices): Event {
  if (choices.oneIn(5)) return events.childCanceled(seq);
  if (choices.oneIn(5))
    return events.childFailed(seq, choices.of([events.TERMINATED, events.failed(FAILURE.refused, true)]));
  const [input] = readable(command.startChildWorkflowExecution!.input) as unknown[];
  return events.childCompleted(seq, scenario.childEnd?.(type, input, choices));
}

function assertSame(sent: Command[], expected: Command[], compared: Compared, lines: string[]): void {
  const told = (commands: Command[]) =>
    commands.map(({ key, attributes }) => (compared === 'whole commands' ? { key, attributes } : key));
  const [one, other] = [told(sent), told(expected)].map((it) => JSON.stringify(it, undefined, 1));
  if (one === other) return;
  throw new Error(
    `The commands of the last of these tasks differ:\n${lines.join('\n')}\n` +
      `with each event by itself:\n${sent.map(({ key }) => key).join(', ')}\n` +
      `with all in one activation:\n${expected.map(({ key }) => key).join(', ')}\n${difference(one!, other!)}`,
  );
}

/** The first different lines. */
function difference(one: string, other: string): string {
  const [left, right] = [one.split('\n'), other.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  return `${left.slice(at, at + 8).join('\n')}\n---\n${right.slice(at, at + 8).join('\n')}`;
}
