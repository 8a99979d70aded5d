import { nextPoll } from '../../src/job/poll';
import { chunkSteps } from '../common/activity-proxies';
import { now, sleep } from '../common/clock';
import type { Chunk } from './chunk';
import { retryStep } from './retry-step';

/**
 * Milliseconds after which unreadable results of an orphan are left alone. The requests were resent anyway.
 */
const UNREAD_FOR = 3_600_000;

/**
 * Collects results of the chunk's batches that appeared after their attempts were presumed lost. Waits for
 * those that still run; they are canceled. Does nothing in a chunk without such attempts.
 */
export async function collectOrphans(chunk: Chunk): Promise<void> {
  if (!chunk.watch) return;
  const { job, chunk: number, times, settings } = chunk.input;
  const since = now();
  for (;;) {
    const { orphaned, running, unread, reason } = await retryStep(chunk, () =>
      chunkSteps.anthropicCollectOrphans.executeWithOptions(
        { summary: `${chunk.name}: batches presumed lost` },
        [{ job, chunk: number, times }],
      ),
    );
    if (running.length === 0 && (unread.length === 0 || now() - since >= UNREAD_FOR)) {
      return chunk.show({ orphaned, reason: undefined });
    }
    const batches = [...running, ...unread];
    await chunk.enter({ orphaned, reason: { code: 'orphansOpen', batches, message: reason?.message } });
    await sleep(nextPoll(since, now(), settings) - now(), {
      summary: `${chunk.name}: next poll of ${batches.join(', ')}`,
    });
  }
}
