import type { Held, Searching as SearchOutcome } from '../../../src/job/activity-types';
import { NEW_SEARCH, type Search } from '../../../src/job/protocol/search';
import type { Case } from './cases';
import type { Move } from './explore';
import {
  ageOf,
  decide,
  type Pace,
  type Reconciler,
  type Searching,
  type State,
  timeOf,
  withBatch,
  withRound,
} from './state';

/** The result of the activity that sends. */
export type Sent = { kind: 'bought'; batch: number } | { kind: 'notSent' } | { kind: 'mustReconcile' };
type Searched = SearchOutcome | Held;
/** The result of the activity that reconciles. */
export type Told = { kind: 'bought'; batch: number } | { kind: 'notSent' } | Searched;

/** Delivers a sender's result to its workflow. A zombie's result is ignored. */
export function sent(state: State, r: number, { zombie }: Pace, result: Sent): State {
  if (zombie) return state;
  if (state.rounds[r]!.workflow.phase === 'canceling')
    return withRound(state, r, { workflow: { phase: 'salvaging' } });
  if (result.kind === 'mustReconcile') return resolving(state, r, NEW_SEARCH);
  return closed(state, r, result);
}

/** Delivers a reconciler's result to its workflow. */
export function told(state: State, r: number, reconciler: Reconciler, result: Told, one: Case): State {
  if (reconciler.zombie) return state;
  const { workflow } = state.rounds[r]!;
  switch (workflow.phase) {
    case 'canceling':
      return withRound(state, r, { workflow: { phase: 'salvaging' } });
    case 'resolving': {
      if (result.kind === 'bought' || result.kind === 'notSent') return closed(state, r, result);
      const { cutShort } = workflow;
      const search = timed(workflow.search);
      const times = { grace: one.grace };
      const next = one.rules.afterSearch(search, result, timeOf(reconciler.age), timeOf(0), times);
      const watched = cutShort && !one.rules.cancelsOnlyProved ? withWatchedCanceled(state, result) : state;
      if (next.held === undefined) {
        const sleeping = { phase: 'sleeping', search: aged(next.search), due: false, cutShort } as const;
        return withRound(watched, r, { workflow: sleeping });
      }
      return withRound(watched, r, {
        workflow: cutShort
          ? { phase: 'canceled', unresolved: true }
          : { phase: 'held', search: aged(next.search) },
      });
    }
    default:
      throw new Error(`The workflow does not wait for a reconciler while ${workflow.phase}.`);
  }
}

const timed = ({ age, ...search }: Searching): Search => ({
  ...search,
  since: age === undefined ? undefined : timeOf(age),
});

const aged = ({ since, ...search }: Search): Searching => ({
  ...search,
  age: since === undefined ? undefined : ageOf(since),
});

/** Starts a reconciliation of the round. */
function resolving(
  state: State,
  r: number,
  search: Searching,
  more: { presumeLost?: boolean; cutShort?: true } = {},
) {
  const { attempt, allowed } = search;
  const { presumeLost = false, cutShort } = more;
  return withRound(state, r, {
    workflow: { phase: 'resolving', search, cutShort },
    reconcilers: [
      ...state.rounds[r]!.reconcilers,
      { step: 'read', input: { presumeLost, attempt, allowed }, age: 0 },
    ],
  });
}

function closed(
  state: State,
  r: number,
  result: { kind: 'bought'; batch: number } | { kind: 'notSent' },
): State {
  const { workflow } = state.rounds[r]!;
  const cutShort = 'cutShort' in workflow && workflow.cutShort;
  if (result.kind === 'bought') {
    return cutShort
      ? withCancel(state, r, result.batch)
      : withRound(state, r, { workflow: { phase: 'bought', batch: result.batch } });
  }
  return withRound(state, r, {
    workflow: cutShort ? { phase: 'canceled', unresolved: false } : { phase: 'send' },
  });
}

/** The moves of a workflow on its own. */
export function workflowMoves(state: State, r: number, one: Case): Move<State>[] {
  const { workflow, senders, closings } = state.rounds[r]!;
  const move = (name: string, next: State): Move<State>[] => [{ name: `workflow of ${r} ${name}`, next }];
  switch (workflow.phase) {
    case 'send':
      return move(
        'sends',
        withRound(state, r, {
          workflow: { phase: 'sending' },
          senders: [...senders, { step: 'begin', closings }],
        }),
      );
    case 'sleeping':
      return move(
        'searches again',
        resolving(state, r, workflow.search, {
          presumeLost: one.rules.searchedEnough(timed(workflow.search)),
          cutShort: workflow.cutShort,
        }),
      );
    case 'held':
      if (!one.faults.includes('resume') || state.faults === 0 || maybeThere(state, r)) return [];
      return [
        {
          name: `resume: of ${r}`,
          next: resolving(
            { ...state, faults: state.faults - 1 },
            r,
            aged(one.rules.afterRelease(timed(workflow.search), { grace: one.grace })),
          ),
        },
      ];
    case 'salvaging':
      return move(
        'closes its chunk',
        withRound(state, r, { workflow: { phase: 'closed' }, closings: closings + 1 }),
      );
    case 'closed':
      return move('asks what it had bought', salvaged(state, r, one));
    default:
      return [];
  }
}

/** What a person finds in the Console by searching for a batch of the round's size and time. */
function maybeThere(state: State, r: number): boolean {
  const known = state.batches.some(({ nonce, late }) => nonce?.startsWith(`${r}.`) && !late);
  return known || state.rounds[r]!.flights.some(({ late }) => !late);
}

/** Closes the next attempt, or finds the open one. */
function salvaged(state: State, r: number, one: Case): State {
  for (let now = state; ; ) {
    const decision = one.rules.decideRound(now.rounds[r]!.ledger);
    if (decision.kind === 'bought') return withCancel(now, r, Number(decision.batch));
    if (decision.kind === 'mustReconcile') return resolving(now, r, NEW_SEARCH, { cutShort: true });
    const [next, standing] = decide(now, r, decision.attempt, 'overtaken');
    if (standing === 'overtaken')
      return withRound(next, r, { workflow: { phase: 'canceled', unresolved: false } });
    now = next;
  }
}

function withWatchedCanceled(state: State, result: Told): State {
  const watching = result.kind === 'searching' ? result.watching : [];
  return watching.reduce((next, batch) => withBatch(next, Number(batch), { canceled: true }), state);
}

function withCancel(state: State, r: number, batch: number): State {
  return withRound(withBatch(state, batch, { canceled: true }), r, {
    workflow: { phase: 'canceled', unresolved: false },
  });
}
