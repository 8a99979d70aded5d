import { needsProof } from '../../../src/job/protocol/search';
import { type AttemptIntent, attemptState } from '../../../src/job/protocol/submission';
import type { Case } from './cases';
import type { Move } from './explore';
import {
  claim,
  close,
  createdAt,
  decide,
  entryOf,
  type Reconciler,
  replace,
  type State,
  windowOf,
  withBatch,
  withEntry,
  withRound,
} from './state';
import { type Told, told } from './workflow';

/** The next step of a run of the activity that reconciles a round's open attempt. */
export function reconcilerMoves(state: State, r: number, c: number, one: Case): Move<State>[] {
  const { rules } = one;
  const round = state.rounds[r]!;
  const reconciler = round.reconcilers[c]!;
  const { slow, zombie, input, age } = reconciler;
  const at = (next: Reconciler | undefined, from: State) =>
    withRound(from, r, { reconcilers: replace(from.rounds[r]!.reconcilers, c, next) });
  const move = (name: string, next: State): Move<State> => ({ name: `reconciler of ${r} ${name}`, next });
  const end = (name: string, result: Told, from = state) =>
    move(name, told(at(undefined, from), r, reconciler, result, one));
  const step = (name: string, next: Step, from = state) =>
    move(name, at({ slow, zombie, input, age, ...next }, from));

  switch (reconciler.step) {
    case 'read': {
      const decision = rules.decideRound(round.ledger);
      if (decision.kind === 'bought') {
        const own = round.ledger.find((entry) => attemptState(entry) === 'bought')!;
        const batch = Number(decision.batch);
        return [
          end('finds the round bought', { kind: 'bought', batch }, claim(state, batch, own.intent!.nonce)),
        ];
      }
      if (decision.kind === 'maySend') return [end('finds all attempts closed', { kind: 'notSent' })];
      return [
        step(`finds ${decision.attempt} open`, {
          step: 'overtake',
          attempt: decision.attempt,
          before: round.ledger.filter((entry) => attemptState(entry) === 'presumed-lost'),
        }),
      ];
    }

    case 'overtake': {
      const { attempt, before } = reconciler;
      if (!rules.overtakesFirst && !entryOf(state, r, attempt)?.decision) {
        const [next] = close(state, r, attempt, { outcome: 'not-created', reason: 'no decision' }, rules);
        return [end(`closes ${attempt}, which has no decision`, { kind: 'notSent' }, next)];
      }
      const [next, decision] = decide(state, r, attempt, 'overtaken');
      if (decision === 'overtaken') return [end(`overtakes ${attempt}`, { kind: 'notSent' }, next)];
      if (attemptState(entryOf(next, r, attempt)!) !== 'unknown') {
        return [step(`finds ${attempt} closed since`, { step: 'read' })];
      }
      return [step(`finds ${attempt} committed`, { step: 'conclude', attempt, before })];
    }

    case 'conclude': {
      const { attempt, before } = reconciler;
      const meant = input.attempt === undefined || input.attempt === attempt;
      const presumedLost = before.length;
      if (input.presumeLost && meant) {
        if (!rules.mayPresumeLost(before, input.allowed))
          return [
            end('holds', {
              kind: 'held',
              reason: { code: 'presumedLostBefore', attempts: presumedLost },
              presumedLost,
            }),
          ];
        const [next, standing] = close(state, r, attempt, { outcome: 'presumed-lost' }, rules);
        if ('batch' in standing)
          return [end('finds the answer', { kind: 'bought', batch: Number(standing.batch) })];
        return [end(`presumes ${attempt} lost`, { kind: 'notSent' }, next)];
      }
      const ends = searches(seen(state, r, attempt), r, attempt, one);
      const proved = needsProof(presumedLost)
        ? one.list === 'shows ours' || one.list === 'loses ours'
        : undefined;
      const moves = ends.map(({ name, next, ours, watching }) =>
        ours === undefined
          ? end(name, { kind: 'searching', complete: true, watching, attempt, presumedLost, proved }, next)
          : step(name, { step: 'found', attempt, batch: ours }, next),
      );
      if (one.faults.includes('failed search') && state.faults > 0) {
        const failed = {
          kind: 'searching',
          complete: !rules.failedSearchIsNone,
          watching: [],
          attempt,
          presumedLost,
        } satisfies Told;
        const next = told(at(undefined, { ...state, faults: state.faults - 1 }), r, reconciler, failed, one);
        moves.push({ name: `failed search: of ${r}`, next });
      }
      return moves;
    }

    case 'found': {
      const { attempt, batch } = reconciler;
      const claimed = claim(state, batch, entryOf(state, r, attempt)!.intent!.nonce);
      const [next] = close(
        claimed,
        r,
        attempt,
        { outcome: 'found', batch: String(batch), createdAt: '' },
        rules,
      );
      return [step(`closes ${attempt}: found ${batch}`, { step: 'read' }, next)];
    }
  }
}

type Step = Reconciler extends infer R
  ? R extends Reconciler
    ? Omit<R, 'input' | 'age' | 'slow' | 'zombie' | 'canceled'>
    : never
  : never;

/** Records when a commit without an outcome was first met. An earlier time stays. */
function seen(state: State, r: number, attempt: number): State {
  if (entryOf(state, r, attempt)!.seen !== undefined) return state;
  return withEntry(state, r, attempt, { seen: 0 });
}

interface SearchEnd {
  name: string;
  next: State;
  ours?: number;
  watching: string[];
}

/**
 * All possible results of one search. Two things are decided only when a search asks: whether the list
 * already shows a young batch, and whether a batch has ended.
 */
function searches(state: State, r: number, attempt: number, one: Case): SearchEnd[] {
  const { rules } = one;
  const entry = entryOf(state, r, attempt)!;
  const intent = entry.intent!;
  const window = windowOf(state.batches, entry, one);
  let ends: SearchEnd[] = [{ name: `searches for ${attempt}`, next: state, watching: [] }];
  if (one.list === 'shows nothing' || one.list === 'loses ours') return ends;
  for (let number = state.batches.length - 1; number >= 0; number -= 1) {
    const batch = state.batches[number]!;
    if (!rules.isCandidate({ size: 1, createdAt: createdAt(batch, number) }, intent, window)) continue;
    ends = ends.flatMap((end) => (end.ours === undefined ? withCandidate(end, number, intent, one) : [end]));
  }
  return ends;
}

function withCandidate(end: SearchEnd, number: number, intent: AttemptIntent, one: Case): SearchEnd[] {
  const batch = end.next.batches[number]!;
  const ends: SearchEnd[] = [];
  const { faults } = end.next;
  if (batch.claim === undefined && batch.age <= one.lag)
    ends.push({ ...end, name: `${end.name}, ${number} not in the list yet` });
  else if (batch.claim === undefined && one.faults.includes('incomplete search') && faults > 0) {
    ends.push({
      ...end,
      name: `incomplete search: ${end.name}, ${number} is not shown`,
      next: { ...end.next, faults: faults - 1 },
    });
  }
  const running = !batch.ended && batch.claim === undefined;
  if (running) ends.push(judged(end, number, intent, one));
  if (!running || batch.nonce !== null || !one.endless) {
    const next = batch.ended ? end.next : withBatch(end.next, number, { ended: running || batch.ended });
    ends.push(judged({ ...end, next }, number, intent, one));
  }
  return ends;
}

function judged(end: SearchEnd, number: number, { nonce }: AttemptIntent, { rules }: Case): SearchEnd {
  const batch = end.next.batches[number]!;
  const proved = batch.claim !== undefined ? batch.claim : batch.ended ? batch.nonce : undefined;
  const whose = rules.ownerOf(proved, nonce);
  if (whose === 'ours') return { ...end, name: `${end.name}, ${number} is ours`, ours: number };
  if (whose === 'unknown') {
    return { ...end, name: `${end.name}, ${number} runs`, watching: [...end.watching, String(number)] };
  }
  const name = `${end.name}, ${number} is another's`;
  return { ...end, name, next: proved === undefined ? end.next : claim(end.next, number, proved) };
}
