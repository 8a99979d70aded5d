import type { RoundRef, WriteOffInput, WrittenOff } from '../src/job/steps';
import { putJson } from '../src/store/json';
import { keys } from '../src/store/keys';
import { wholeMessage } from '../src/store/problems';
import type { Store } from '../src/store/store';
import { onJob } from './context';
import type { ActivityDeps } from './deps';
import { answeredByOrphans } from './orphan-answers';
import { readSent, selectionText } from './requests';

/**
 * Gives a round's results up, which the API does not have any more: notes why, so that each document's outcome can say it, and
 * selects the requests again where the job says that they are to be paid for again.
 */
export function createWriteOff(deps: ActivityDeps) {
  return async function anthropicWriteOff(input: WriteOffInput): Promise<WrittenOff> {
    const { job, chunk, round, batch, reason, resend } = input;
    return onJob(deps, input, async () => {
      const { store } = deps;
      const outstanding = resend ? await toResend(store, input) : [];
      if (outstanding.length > 0)
        await store.put(keys.selection(job, chunk, round + 1), selectionText(outstanding));
      await putJson(store, keys.lost(job, chunk, round), {
        batch,
        reason: await wholeMessage(store, input, reason),
      });
      return { outstanding: outstanding.length };
    });
  };
}

/** What the round sent, but for what an orphan has answered: that is paid for and here. */
async function toResend(store: Store, round: RoundRef): Promise<number[]> {
  const answered = await answeredByOrphans(store, round);
  return (await readSent(store, round)).filter((ordinal) => !answered.has(ordinal));
}
