import { isCandidate, type Window } from '../../../src/job/protocol/search';
import { attemptState } from '../../../src/job/protocol/submission';
import type { Case } from './cases';
import type { ApiBatch, Entry, Flight, Reconciler, Round, Searching, Sender, State, Workflow } from './state';
import { createdAt, TICK, TIMES, ticks, windowOf } from './state';

/**
 * A batch is young while the list may lack it, or while a search for an attempt that begins now may meet it.
 */
const youngOf = ({ lag }: Case) => Math.max(lag, ticks(TIMES.margin)) + 1;
const PAST_ALL = ticks(TIMES.stall + TIMES.existence + TIMES.margin) + 1;
const GRACE = ticks(TIMES.grace!);
const EXISTENCE = ticks(TIMES.existence);

/**
 * Returns one text for all states that no future can distinguish. Ages count only as far as something depends
 * on them, so that the states are finite although time never ends. For a batch and a commit, the side of the
 * commit's window counts, which does not change with time.
 */
export function keyOf(state: State, one: Case): string {
  const young = youngOf(one);
  const { rounds, batches, faults, strangers } = state;
  const open = batches.some(({ claim }) => claim === undefined);
  const windows = open ? rounds.flatMap((round) => windowsOf(round, batches, one)) : [];
  let key = `${faults}${strangers}`;
  for (const [number, batch] of batches.entries())
    key += `|${batchKey(batch, young)}${windows.map((window) => side(batch, number, window)).join('')}`;
  for (const round of rounds) key += `\n${roundKey(round)}`;
  return key;
}

/**
 * The windows of all attempts that may still be searched for. A window without a search so far has no end.
 */
function windowsOf({ ledger, senders }: Round, batches: readonly ApiBatch[], one: Case): Window[] {
  const window = (begun: number, before: number, seen = -GRACE) =>
    windowOf(batches, { begun, before, seen }, one);
  return [
    ...ledger.filter(isOpen).map(({ begun, before, seen }) => window(begun, before, seen)),
    ...senders.flatMap((sender) => ('before' in sender ? [window(sender.age, sender.before)] : [])),
  ];
}

const isOpen = (entry: Entry) => attemptState(entry) === 'open' || attemptState(entry) === 'unknown';

function side(batch: ApiBatch, number: number, window: Window): string {
  if (batch.claim !== undefined) return '';
  return isCandidate({ size: 1, createdAt: createdAt(batch, number) }, { count: 1 }, window) ? 'i' : 'o';
}

const flag = (value: unknown) => (value ? '1' : '0');

function batchKey({ nonce, age, ended, canceled, claim, late }: ApiBatch, young: number): string {
  const youth = claim === undefined ? Math.min(age, young) : '';
  return `${nonce} ${youth} ${flag(ended)}${flag(canceled)}${flag(late)}${claim === undefined ? '' : `,${claim}`} `;
}

function roundKey({ ledger, senders, reconcilers, flights, workflow, closings }: Round): string {
  const parts = [
    ledger.map(entryKey).join(),
    senders
      .map((sender) => senderKey(sender, closings))
      .sort()
      .join(),
    reconcilers
      .map((reconciler) => reconcilerKey(reconciler, workflow))
      .sort()
      .join(),
    flights.map(flightKey).sort().join(),
    workflowKey(workflow),
  ];
  return parts.join(';');
}

function entryKey(entry: Entry): string {
  const { attempt, intent, decision, outcome, seen } = entry;
  const age = seen === undefined || !isOpen(entry) ? '' : Math.min(seen, PAST_ALL);
  const batch = outcome && 'batch' in outcome ? outcome.batch : '';
  return `${attempt}${flag(intent)}${decision?.decision ?? ''}${outcome?.outcome ?? ''}${batch} ${age}`;
}

const pace = ({ slow, zombie, canceled }: Sender | Reconciler) =>
  `${flag(slow)}${flag(zombie)}${flag(canceled)}`;

function senderKey(sender: Sender, closings: number): string {
  const closed = 'closings' in sender && sender.closings < closings;
  const key = `${sender.step}${pace(sender)}${flag(closed)}`;
  switch (sender.step) {
    case 'begin':
      return key;
    case 'check the clocks':
      return `${key}${sender.attempt} ${flag(sender.age * TICK > TIMES.gate)}`;
    case 'send the tail':
      return `${key}${sender.attempt} ${Math.min(sender.age, GRACE)}`;
    case 'note the answer':
      return `${key}${sender.attempt}${sender.answer.kind}${'batch' in sender.answer ? sender.answer.batch : ''}`;
    case 'claim':
      return `${key}${sender.attempt} ${sender.batch}${flag(sender.orphan)}`;
    default:
      return `${key}${sender.attempt}`;
  }
}

function reconcilerKey(reconciler: Reconciler, workflow: Workflow): string {
  const { step, age, input, zombie } = reconciler;
  // Its workflow depends on how long after the beginning of the search it began.
  const since = 'search' in workflow && !zombie ? searchAge(workflow.search, age) : '';
  let key = `${step}${pace(reconciler)} ${since} ${flag(input.presumeLost)}${input.attempt} ${input.allowed}`;
  if (reconciler.step !== 'read') key += ` ${reconciler.attempt}`;
  if ('before' in reconciler) key += `b${reconciler.before.length}`;
  if (reconciler.step === 'found') key += `f${reconciler.batch}`;
  return key;
}

/** Ages count up to the time by which a flight must land. */
const flightKey = ({ attempt, age, late }: Flight) => `${attempt} ${Math.min(age, EXISTENCE)}${flag(late)}`;

/** The age of a search, up to its attempt's grace. */
function searchAge({ age, presumedLost }: Searching, began = 0): number | '' {
  return age === undefined ? '' : Math.min(age - began, GRACE * 4 ** Math.min(presumedLost, 2));
}

function workflowKey(workflow: Workflow): string {
  switch (workflow.phase) {
    case 'bought':
      return `bought${workflow.batch}`;
    case 'canceled':
      return `canceled${flag(workflow.unresolved)}`;
    case 'resolving':
    case 'sleeping':
    case 'held': {
      const { attempt, empty, allowed, presumedLost, released, blocked } = workflow.search;
      const since = searchAge(workflow.search);
      const due = workflow.phase === 'sleeping' ? flag(workflow.due) : '';
      const cutShort = 'cutShort' in workflow && workflow.cutShort;
      return `${workflow.phase}${due}${flag(cutShort)} ${attempt} ${since} ${empty}${allowed}${presumedLost}${flag(released)}${flag(blocked)}`;
    }
    default:
      return workflow.phase;
  }
}
