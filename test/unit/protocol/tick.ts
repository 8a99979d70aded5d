import type { Round, State, Workflow } from './state';

/** Lets a tick pass for all parties. */
export function tick(state: State): State {
  return { ...state, rounds: state.rounds.map(ageRound), batches: state.batches.map(aged) };
}

function ageRound(round: Round): Round {
  const { ledger, senders, reconcilers, flights, workflow } = round;
  return {
    ...round,
    ledger: ledger.map((entry) => ({
      ...entry,
      begun: entry.begun + 1,
      seen: entry.seen === undefined ? undefined : entry.seen + 1,
    })),
    senders: senders.map((sender) => ('age' in sender ? aged(sender) : sender)),
    reconcilers: reconcilers.map(aged),
    flights: flights.map(aged),
    workflow: ageWorkflow(workflow),
  };
}

function ageWorkflow(workflow: Workflow): Workflow {
  if (!('search' in workflow)) return workflow;
  const { search } = workflow;
  const next = search.age === undefined ? search : { ...search, age: search.age + 1 };
  return workflow.phase === 'sleeping'
    ? { ...workflow, search: next, due: true }
    : { ...workflow, search: next };
}

function aged<T extends { age: number }>(item: T): T {
  return { ...item, age: item.age + 1 };
}
