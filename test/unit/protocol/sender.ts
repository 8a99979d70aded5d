import type { Case } from './cases';
import type { Move } from './explore';
import {
  claim,
  close,
  decide,
  entryOf,
  nonceOf,
  replace,
  type Sender,
  type State,
  TICK,
  TIMES,
  ticks,
  withBatch,
  withEntry,
  withRound,
} from './state';
import { type Sent, sent } from './workflow';

const STALL = ticks(TIMES.stall);
/** A process that freezes this long between clocks and tail is beyond what the protocol can cover. */
const FROZEN = Math.floor((TIMES.grace! - TIMES.gate - TIMES.existence - TIMES.lag) / TICK);

/** The next step of a run of the activity that sends: one exclusive create or one request. */
export function senderMoves(state: State, r: number, s: number, one: Case): Move<State>[] {
  const { rules, keepsStalled } = one;
  const round = state.rounds[r]!;
  const sender = round.senders[s]!;
  const { slow, zombie, canceled } = sender;
  const pace = { slow, zombie, canceled };
  const at = (next: Sender | undefined, from: State) =>
    withRound(from, r, { senders: replace(from.rounds[r]!.senders, s, next) });
  const move = (name: string, next: State): Move<State> => ({ name: `sender of ${r} ${name}`, next });
  const end = (name: string, told: Sent, from = state) =>
    move(name, sent(at(undefined, from), r, sender, told));
  const step = (name: string, next: Sender, from = state) => move(name, at({ ...pace, ...next }, from));

  switch (sender.step) {
    case 'begin': {
      const decision = rules.decideRound(round.ledger);
      if (decision.kind === 'bought')
        return [end('finds the round bought', { kind: 'bought', batch: Number(decision.batch) })];
      if (decision.kind === 'mustReconcile') return [end('finds an open attempt', { kind: 'mustReconcile' })];
      const { attempt } = decision;
      const { closings } = sender;
      const before = state.batches.length;
      const next = { step: 'see whether it is closed', closings, attempt, age: 0, before } as const;
      return [step(`chooses attempt ${attempt}`, next)];
    }

    case 'see whether it is closed': {
      const { attempt, closings, age, before } = sender;
      if (closings < round.closings && rules.closingStands)
        return [end('finds the chunk closed', { kind: 'mustReconcile' })];
      return [step('finds the chunk open', { step: 'intend', attempt, age, before })];
    }

    case 'intend': {
      const { attempt, age, before } = sender;
      const begun = entryOf(state, r, attempt)?.intent;
      if (begun && rules.intentIsExclusive)
        return [end(`finds attempt ${attempt} begun`, { kind: 'mustReconcile' })];
      const intent = { nonce: nonceOf(r, attempt), count: 1, apiTime: '', fingerprint: '' };
      const next = begun ? state : withEntry(state, r, attempt, { intent, begun: age, before });
      return [step(`begins attempt ${attempt} and uploads`, { step: 'commit', attempt }, next)];
    }

    case 'commit': {
      const { attempt } = sender;
      const moves: Move<State>[] = [];
      if (canceled) {
        const [next] = decide(state, r, attempt, 'overtaken');
        moves.push(end(`abandons the upload of ${attempt}`, { kind: 'notSent' }, next));
      }
      const [next, decision] = decide(state, r, attempt, 'commit');
      if (decision === 'overtaken' && rules.gate) {
        moves.push(end(`finds ${attempt} overtaken`, { kind: 'notSent' }));
      } else {
        moves.push(step(`commits ${attempt}`, { step: 'check the clocks', attempt, age: 0 }, next));
      }
      return moves;
    }

    case 'check the clocks': {
      const { attempt, age } = sender;
      const late = age * TICK > TIMES.gate;
      const next = step('passes the clocks', { step: 'send the tail', attempt, age: 0 });
      if (!canceled && !(late && rules.clocks)) return [next];
      const [closed] = close(state, r, attempt, { outcome: 'not-created', reason: 'late' }, rules);
      return [end(`closes ${attempt}, which it must not send`, { kind: 'notSent' }, closed)];
    }

    case 'send the tail': {
      const { attempt, age: frozen } = sender;
      if (frozen > STALL && !keepsStalled) {
        const answer = { kind: 'unknown' } as const;
        return [
          step(`sends the tail of ${attempt} into a closed connection`, {
            step: 'note the answer',
            attempt,
            answer,
          }),
        ];
      }
      const flight = { attempt, age: 0, late: frozen >= FROZEN };
      const flying = withRound(state, r, { flights: [...round.flights, flight] });
      const name = `sends the tail of ${attempt}${flight.late ? ', out of the window' : ''}`;
      return [step(name, { step: 'await the answer', attempt }, flying)];
    }

    case 'await the answer':
      return [];

    case 'note the answer': {
      const { attempt, answer } = sender;
      if (answer.kind === 'refused' || (answer.kind === 'unknown' && !rules.onlyRefusalsRefuse)) {
        const [next] = close(state, r, attempt, { outcome: 'not-created', reason: 'refused' }, rules);
        return [end(`closes ${attempt}: not created`, { kind: 'notSent' }, next)];
      }
      if (answer.kind === 'unknown') return [end('has no answer', { kind: 'mustReconcile' })];
      const { batch } = answer;
      const outcome = { outcome: 'created', batch: String(batch), createdAt: '' } as const;
      const [next, standing] = close(state, r, attempt, outcome, rules);
      const orphan = rules.isOrphan(standing);
      return [step(`has the answer: batch ${batch}`, { step: 'claim', attempt, batch, orphan }, next)];
    }

    case 'claim': {
      const { attempt, batch, orphan } = sender;
      const claimed = claim(state, batch, nonceOf(r, attempt));
      if (!orphan) return [end(`claims ${batch}`, { kind: 'bought', batch }, claimed)];
      const canceledBatch = withBatch(claimed, batch, { canceled: true });
      return [end(`cancels its orphan ${batch}`, { kind: 'mustReconcile' }, canceledBatch)];
    }
  }
}
