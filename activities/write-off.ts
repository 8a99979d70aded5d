import { FAILURE } from '../src/job/failure';
import type { RoundRef, WriteOffInput, WrittenOff } from '../src/job/steps';
import { boughtAttempt } from '../src/job/submission';
import { putJson } from '../src/store/json';
import { keys } from '../src/store/keys';
import { RoundLedger } from '../src/store/ledger';
import { wholeMessage } from '../src/store/problems';
import type { Store } from '../src/store/store';
import { onJob } from './context';
import type { ActivityDeps } from './deps';
import { StepError } from './failure';
import { answeredByOrphans } from './orphan-answers';
import { readSent, selectNext } from './requests';
import { sameWorkspace } from './same-workspace';

/**
 * Gives a round's results up, which the API does not have any more: notes why, so that each document's outcome can say it, and
 * selects the requests again where the job says that they are to be paid for again.
 */
export function createWriteOff(deps: ActivityDeps) {
  return async function anthropicWriteOff(input: WriteOffInput): Promise<WrittenOff> {
    const { job, chunk, round, batch, reason, resend } = input;
    return onJob(deps, input, async () => {
      const { store } = deps;
      // As after a Reset: what came home before is not lost because the API does not have it any more.
      if (await store.head(keys.rawResults(job, chunk, round))) return { outstanding: 0, home: true };
      await assertSameWorkspace(deps, input);
      await putJson(store, keys.lost(job, chunk, round), {
        batch,
        reason: await wholeMessage(store, input, reason),
      });
      return { outstanding: resend ? await selectNext(store, input, await toResend(store, input)) : 0 };
    });
  };
}

/**
 * A key of another workspace does not know the batch either, and what it does not know is not lost.
 *
 * @throws {StepError} a retryable one, which waits for another key.
 */
async function assertSameWorkspace(deps: ActivityDeps, input: WriteOffInput): Promise<void> {
  const attempts = await new RoundLedger(deps.store, input).read();
  const intent = boughtAttempt(attempts)?.intent;
  if (!intent || (await sameWorkspace(deps.store, deps.anthropic(), input, intent))) return;
  throw new StepError(
    FAILURE.authentication,
    `The API does not know the batch ${input.batch}, and the API key changed since it was sent: nothing shows that it reaches ` +
      'the same workspace. Give the workers the old key, or one of its workspace.',
  );
}

/** What the round sent, but for what an orphan has answered: that is paid for and here. */
async function toResend(store: Store, round: RoundRef): Promise<number[]> {
  const answered = await answeredByOrphans(store, round);
  return (await readSent(store, round)).filter((ordinal) => !answered.has(ordinal));
}
