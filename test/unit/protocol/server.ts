import type { Case } from './cases';
import type { Move } from './explore';
import { type Answer, type Flight, replace, type State, TIMES, ticks, withRound } from './state';

const EXISTENCE = ticks(TIMES.existence);

/** Whether a batch must come to exist before time passes. */
export const isDue = ({ age }: Flight, { tarries }: Pick<Case, 'tarries'>) => !tarries && age >= EXISTENCE;

/** The API creates a batch from a fully sent request, even if no sender awaits the answer. */
export function serverMoves(state: State, r: number, f: number, { tarries }: Case): Move<State>[] {
  const { flights, senders, workflow } = state.rounds[r]!;
  const { attempt, late } = flights[f]!;
  const isAwaited = senders.some((each) => each.step === 'await the answer' && each.attempt === attempt);
  if (tarries && !isAwaited && workflow.phase !== 'bought') return [];
  const batch = state.batches.length;
  const created = {
    ...state,
    batches: [...state.batches, { nonce: `${r}.${attempt}`, age: 0, ended: false, canceled: false, late }],
  };
  return [
    {
      name: `the API creates batch ${batch} of ${r}.${attempt}`,
      next: answered(landed(created, r, f), r, attempt, { kind: 'created', batch }),
    },
  ];
}

/** Removes a flight. */
export function landed(state: State, r: number, f: number): State {
  return withRound(state, r, { flights: replace(state.rounds[r]!.flights, f, undefined) });
}

/** Delivers the answer of an attempt to a sender that awaits it. */
export function answered(state: State, r: number, attempt: number, answer: Answer): State {
  const { senders } = state.rounds[r]!;
  const s = senders.findIndex((sender) => sender.step === 'await the answer' && sender.attempt === attempt);
  if (s < 0) return state;
  const { slow, zombie, canceled } = senders[s]!;
  return withRound(state, r, {
    senders: replace(senders, s, { slow, zombie, canceled, step: 'note the answer', attempt, answer }),
  });
}

/** Another tool creates a batch with as many requests as ours. */
export function strangerMoves(state: State): Move<State>[] {
  if (state.strangers === 0) return [];
  const stranger = { nonce: null, age: 0, ended: false, canceled: false, late: false };
  return [
    {
      name: `another tool creates batch ${state.batches.length}`,
      next: { ...state, batches: [...state.batches, stranger], strangers: state.strangers - 1 },
    },
  ];
}
