import { paramsDigest } from 'temporal-anthropic-batch/simulator';
import type { JobRef } from '../../src/job/job';
import { findSummary } from '../../src/records/chunk-results';
import type { Store } from '../../src/store/store';
import { paramsOf } from '../support/template';
import { type KnownAttempt, nonceOf, readAttempts } from './attempts';
import { checkCosts } from './check-costs';
import { tellCosts } from './compare-costs';
import { firstOfEach, type PlannedJob } from './jobs';
import { surplusOf } from './payments';
import { CALL, type SimulatedApi, STRANGER } from './simulated-api';
import { type Freeze, namedWindow } from './window';

export interface BooksVerdict {
  violations: string[];
  /** Requests that were billed more than once. Those inside the named window are counted separately. */
  doubleOutside: number;
  doubleInside: number;
  /** Requests that were sent live, and how many may have been paid for twice, according to the jobs. */
  live: number;
  maybePaidTwice: number;
  /** How many were paid for twice. */
  doubleCalls: number;
  /** How each payment inside the window happened. */
  proofs: string[];
  batches: number;
  strangers: number;
  billed: number;
  presumedLost: number;
  /** Billed and reported, in words. */
  cost: string;
}

export interface WholeRun {
  api: SimulatedApi;
  store: Store;
  /** `answered`: the digests of the requests that were answered live. */
  jobs: readonly { plan: PlannedJob; ref: JobRef; answered: ReadonlySet<string> }[];
  freezes: readonly Freeze[];
}

/** Compares the simulator's books of the whole run with all ledgers, after everything has ended. */
export async function checkBooks({ api, store, jobs, freezes }: WholeRun): Promise<BooksVerdict> {
  const attempts = new Map<string, KnownAttempt>();
  for (const { plan, ref } of jobs) {
    for (const [nonce, attempt] of await readAttempts(store, ref, chunksOf(plan)))
      attempts.set(nonce, attempt);
  }
  const verdict: BooksVerdict = {
    violations: [],
    doubleOutside: 0,
    doubleInside: 0,
    live: 0,
    maybePaidTwice: 0,
    doubleCalls: 0,
    proofs: [],
    batches: 0,
    strangers: 0,
    billed: 0,
    presumedLost: [...attempts.values()].filter(({ state }) => state === 'presumed-lost').length,
    cost: '',
  };
  const attemptOf = await checkBatches(api, attempts, verdict);
  const proofOf = await proofs(api, attemptOf, freezes);
  await checkPayments({ api, store, jobs }, attemptOf, proofOf, verdict);
  const costs = await checkCosts({
    api,
    store,
    jobs: jobs.map(({ plan, ref, answered }) => ({
      ref,
      chunks: chunksOf(plan),
      calls: {
        answered,
        digests: new Set([...firstOfEach(plan).keys()].map((text) => paramsDigest(paramsOf(text)))),
      },
    })),
    attemptOf,
    isLate: (batch) => proofOf(batch) !== undefined,
  });
  verdict.violations.push(...costs.violations);
  verdict.cost = tellCosts(costs);
  return verdict;
}

const chunksOf = ({ documents, chunkSize }: PlannedJob) => Math.ceil(documents.length / chunkSize);

type AttemptOf = Map<string, KnownAttempt>;

/** Checks that every batch is known to a ledger, or belongs to a stranger and is untouched. */
async function checkBatches(
  api: SimulatedApi,
  attempts: ReadonlyMap<string, KnownAttempt>,
  verdict: BooksVerdict,
): Promise<AttemptOf> {
  const attemptOf: AttemptOf = new Map();
  for (const { id, canceled, deleted, counts } of (await api.books()).batches) {
    if (deleted) {
      verdict.violations.push(`the batch ${id} was deleted without a request`);
      continue;
    }
    const [first] = await api.requests(id);
    if (String(first!.params.messages[0]!.content).startsWith(STRANGER)) {
      verdict.strangers += 1;
      if (canceled) verdict.violations.push(`the batch ${id} belongs to a stranger and was canceled`);
      continue;
    }
    verdict.batches += 1;
    const attempt = attempts.get(nonceOf(first!.custom_id) ?? '');
    if (!attempt) verdict.violations.push(`no ledger knows the batch ${id}`);
    else attemptOf.set(id, attempt);
    if (counts.processing > 0) verdict.violations.push(`the batch ${id} is still running`);
  }
  return attemptOf;
}

async function checkPayments(
  { api, store, jobs }: Pick<WholeRun, 'api' | 'store' | 'jobs'>,
  attemptOf: AttemptOf,
  proofOf: ProofOf,
  verdict: BooksVerdict,
): Promise<void> {
  const billed = await api.billed();
  for (const { plan, ref } of jobs) {
    const { live = 0, maybePaidTwice = 0 } = (await findSummary(store, ref)) ?? {};
    let calls = 0;
    for (const [text, index] of firstOfEach(plan)) {
      const payments = billed.get(paramsDigest(paramsOf(text))) ?? [];
      verdict.billed += payments.length;
      const proofs = payments.map((batch) => (batch === CALL ? undefined : proofOf(batch)));
      const surplus = surplusOf(
        payments.map((batch, at) => ({ call: batch === CALL, inside: proofs[at] !== undefined })),
      );
      calls += surplus.calls;
      verdict.doubleInside += surplus.inside;
      verdict.doubleOutside += surplus.outside;
      if (surplus.outside > 0) {
        const told = payments.map((id) => `${id} ${tell(attemptOf.get(id))}`).join('; ');
        verdict.violations.push(
          `${plan.id} ${plan.documents[index]!.id} was billed ${payments.length} times: ${told}`,
        );
      }
      for (const proof of surplus.inside > 0 ? proofs : [])
        if (proof && !verdict.proofs.includes(proof)) verdict.proofs.push(proof);
    }
    verdict.live += live;
    verdict.maybePaidTwice += maybePaidTwice;
    verdict.doubleCalls += calls;
    if (calls > maybePaidTwice) {
      verdict.violations.push(
        `${plan.id} paid again for ${calls} requests that were sent live, but reports only ${maybePaidTwice}`,
      );
    }
  }
}

/** Returns the proof that a batch is the late one of a frozen process, if it is. */
type ProofOf = (batch: string) => string | undefined;

async function proofs(api: SimulatedApi, attemptOf: AttemptOf, freezes: readonly Freeze[]): Promise<ProofOf> {
  const offset = (await api.now()) - Date.now();
  const times = new Map(
    (await api.batches()).map(({ id, created_at, ended_at }) => [
      id,
      { createdAt: Date.parse(created_at) - offset, endedAt: Date.parse(ended_at ?? '') - offset },
    ]),
  );
  return (batch) => {
    const attempt = attemptOf.get(batch);
    if (attempt?.state !== 'presumed-lost' || attempt.closedAt === undefined) return undefined;
    const { createdAt, endedAt } = times.get(batch)!;
    const freeze = namedWindow({ presumedLostAt: attempt.closedAt, createdAt, endedAt }, freezes);
    return (
      freeze &&
      `${batch}, ${tell(attempt)}: presumed lost at ${iso(attempt.closedAt)}, its batch created at ` +
        `${iso(createdAt)}; ` +
        `${freeze.name} was frozen from ${iso(freeze.from)} to ${iso(freeze.to)}`
    );
  };
}

const iso = (time: number) => new Date(time).toISOString();

const tell = (attempt: KnownAttempt | undefined) =>
  attempt
    ? `(chunk ${attempt.chunk}, round ${attempt.round}, attempt ${attempt.entry.attempt}: ${attempt.state})`
    : '(unknown)';
