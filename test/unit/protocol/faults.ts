import type { Case } from './cases';
import type { Move } from './explore';
import { answered, landed } from './server';
import { decide, type Pace, type Round, replace, type State, withRound } from './state';
import { sent } from './workflow';

export type Fault =
  /** A sender dies. */
  | 'crash'
  /** A sender takes each further step at any time, or never. Its workflow may continue without it. */
  | 'slow sender'
  /** The same, but only between its check of the clocks and its last bytes. */
  | 'frozen sender'
  /** The same for a reconciler. */
  | 'slow reconciler'
  /** The upload breaks before its last bytes. */
  | 'broken upload'
  /** The answer is lost, or is a 5xx. The API still creates the batch, at once or later. */
  | 'lost answer'
  /** The same, but the API creates no batch. */
  | 'lost request'
  /** The API refuses the request. */
  | 'refusal'
  /** A search fails: the API does not answer. */
  | 'failed search'
  /** A complete search lacks a batch that was shown before. */
  | 'incomplete search'
  /** A person resets the workflow. */
  | 'reset'
  /** A person cancels the job. */
  | 'cancel'
  /** A person resumes a held chunk. This is no fault, but equally rare. */
  | 'resume';

/** The faults that may happen in a state. */
export function faultMoves(state: State, one: Case): Move<State>[] {
  const moves = state.rounds.flatMap((_, r) => timeouts(state, r));
  if (state.faults === 0) return moves;
  const left = { ...state, faults: state.faults - 1 };
  const may = (fault: Fault) => one.faults.includes(fault);
  for (const [r, round] of state.rounds.entries()) {
    if (may('crash')) moves.push(...crashes(left, r));
    if (may('slow sender')) moves.push(...slow(left, r, 'slow sender'));
    if (may('frozen sender')) moves.push(...slow(left, r, 'frozen sender'));
    if (may('slow reconciler')) moves.push(...slow(left, r, 'slow reconciler'));
    if (may('broken upload')) moves.push(...brokenUploads(left, r));
    if (may('reset')) moves.push({ name: `reset: of the workflow of ${r}`, next: reset(left, r) });
    if (may('cancel')) moves.push(...cancel(left, r));
    for (const [f, { attempt }] of round.flights.entries()) {
      const name = `of ${r}.${attempt}`;
      const unknown = answered(left, r, attempt, { kind: 'unknown' });
      if (may('lost answer') && unknown !== left) moves.push({ name: `lost answer: ${name}`, next: unknown });
      if (may('lost request')) moves.push({ name: `lost request: ${name}`, next: landed(unknown, r, f) });
      if (may('refusal')) {
        const next = landed(answered(left, r, attempt, { kind: 'refused' }), r, f);
        moves.push({ name: `refusal: ${name}`, next });
      }
    }
  }
  return moves;
}

/** Temporal continues without an activity that no longer sends heartbeats. */
function timeouts(state: State, r: number): Move<State>[] {
  const { senders, reconcilers } = state.rounds[r]!;
  const moves: Move<State>[] = [];
  for (const [s, sender] of senders.entries()) {
    if (!sender.slow || sender.zombie) continue;
    const next = withRound(state, r, { senders: replace(senders, s, { ...sender, zombie: true }) });
    moves.push({ name: `the sender of ${r} times out`, next: sent(next, r, {}, { kind: 'mustReconcile' }) });
  }
  for (const [c, reconciler] of reconcilers.entries()) {
    if (!reconciler.slow || reconciler.zombie) continue;
    const { input } = reconciler;
    const zombie = { ...reconciler, zombie: true as const };
    // Temporal calls it again, with the same input.
    const again = [...replace(reconcilers, c, zombie), { step: 'read' as const, input, age: 0 }];
    moves.push({
      name: `the reconciler of ${r} times out`,
      next: withRound(state, r, { reconcilers: again }),
    });
  }
  return moves;
}

function crashes(state: State, r: number): Move<State>[] {
  const { senders } = state.rounds[r]!;
  return senders.flatMap((sender, s) => {
    if (sender.zombie) return [];
    const next = withRound(state, r, { senders: replace(senders, s, undefined) });
    return [
      {
        name: `crash: of the sender of ${r}, about to ${sender.step}`,
        next: sent(next, r, sender, { kind: 'mustReconcile' }),
      },
    ];
  });
}

function slow(state: State, r: number, fault: Fault): Move<State>[] {
  const who = fault === 'slow reconciler' ? 'reconcilers' : 'senders';
  const all: readonly (Pace & { step: string })[] = state.rounds[r]![who];
  return all.flatMap((pace, index) => {
    if (pace.slow || (fault === 'frozen sender' && pace.step !== 'send the tail')) return [];
    const change = { [who]: replace(all, index, { ...pace, slow: true as const }) } as Partial<Round>;
    return [{ name: `${fault}: of ${r}`, next: withRound(state, r, change) }];
  });
}

function brokenUploads(state: State, r: number): Move<State>[] {
  const { senders } = state.rounds[r]!;
  return senders.flatMap((sender, s) => {
    if (sender.step !== 'commit') return [];
    const [overtaken] = decide(state, r, sender.attempt, 'overtaken');
    const next = withRound(overtaken, r, { senders: replace(senders, s, undefined) });
    return [
      { name: `broken upload: of ${r}.${sender.attempt}`, next: sent(next, r, sender, { kind: 'notSent' }) },
    ];
  });
}

/** The activities of the workflow continue without it. */
const abandoned = <P extends Pace>(all: readonly P[]) =>
  all.map((pace) => ({ ...pace, slow: true as const, zombie: true as const }));

function reset(state: State, r: number): State {
  const { senders, reconcilers } = state.rounds[r]!;
  return withRound(state, r, {
    senders: abandoned(senders),
    reconcilers: abandoned(reconcilers),
    workflow: { phase: 'send' },
  });
}

function cancel(state: State, r: number): Move<State>[] {
  const { senders, reconcilers, workflow } = state.rounds[r]!;
  const move = (next: State): Move<State>[] => [{ name: `cancel: ${r}`, next }];
  if ('cutShort' in workflow && workflow.cutShort) return [];
  switch (workflow.phase) {
    case 'sending':
      return move(
        withRound(state, r, {
          workflow: { phase: 'canceling' },
          senders: senders.map((sender) => (sender.zombie ? sender : { ...sender, canceled: true as const })),
        }),
      );
    case 'resolving':
      return move(withRound(state, r, { workflow: { phase: 'canceling' }, reconcilers }));
    case 'send':
    case 'sleeping':
    case 'held':
    case 'bought':
      return move(withRound(state, r, { workflow: { phase: 'salvaging' } }));
    default:
      return [];
  }
}
