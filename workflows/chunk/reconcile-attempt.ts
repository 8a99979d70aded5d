import type { Bought, Held, NotSent, Searching } from '../../src/job/activity-types';
import { nextPoll } from '../../src/job/poll';
import {
  afterRelease,
  afterSearch,
  NEW_SEARCH,
  type Search,
  searchedEnough,
} from '../../src/job/protocol/search';
import type { HeldChunk } from '../../src/job/reason';
import { roundName } from '../../src/job/round-name';
import { chunkSteps } from '../common/activity-proxies';
import { now, sleep } from '../common/clock';
import type { Chunk } from './chunk';
import { retryStep } from './retry-step';

/**
 * Closes an attempt that did not close itself: overtakes it, finds its batch, or presumes it lost after the
 * grace period.
 *
 * @param onHeld waits until a person decides; without it, such an attempt stays open
 * @returns `undefined` if the attempt stays open: it is unknown whether a batch exists
 */
export async function reconcileAttempt(
  chunk: Chunk,
  round: number,
  onHeld?: (reason: HeldChunk) => Promise<void>,
): Promise<Bought | NotSent | undefined> {
  const { times } = chunk.input;
  let search: Search = NEW_SEARCH;
  for (;;) {
    const { attempt, allowed } = search;
    const began = now();
    const result = await retryStep(chunk, () =>
      chunkSteps.anthropicReconcile.executeWithOptions(
        { summary: `${chunk.name}: find out whether ${roundName(round)} was sent` },
        [{ ...chunk.ref(round), times, attempt, presumeLost: searchedEnough(search), allowed }],
      ),
    );
    if (result.kind === 'bought' || result.kind === 'notSent') return result;

    const next = afterSearch(search, result, began, now(), times);
    if (next.held !== undefined) {
      if (!onHeld) return undefined;
      await onHeld({ code: 'held', chunk: chunk.input.chunk, ...result.lost, why: next.held });
      search = afterRelease(next.search, times);
      continue;
    }
    search = next.search;
    await pause(chunk, round, next.search.since, result);
  }
}

/** Sleeps until the next search. */
async function pause(chunk: Chunk, round: number, since: number, result: Searching | Held): Promise<void> {
  const { watching = [], delay: asked = 0 } = result.kind === 'searching' ? result : {};
  const reason = result.reason ?? { code: 'answerLost', round, watching };
  await chunk.enter({ phase: 'searching', reason });
  await sleep(Math.max(1, asked, nextPoll(since, now(), chunk.input.settings) - now()), {
    summary: `${chunk.name}: search again for the batch of ${roundName(round)}`,
  });
}
