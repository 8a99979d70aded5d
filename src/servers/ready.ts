import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, lastLines } from './child';

const LIMIT = 60_000;

/** A server ended before it answered. */
export class ServerEndedError extends Error {
  override readonly name = 'ServerEndedError';
}

/**
 * Waits until a server answers.
 *
 * @throws an error with its output if it ends first, or does not answer within a minute. It is then killed.
 */
export async function untilReady(what: string, child: Child, check: () => Promise<unknown>): Promise<void> {
  const limit = Date.now() + LIMIT;
  let reason = '';
  while (child.ended === undefined && Date.now() < limit) {
    try {
      await check();
      return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    await sleep(50);
  }
  const { ended } = child;
  const wrote = `It wrote: ${lastLines(child.output, 8) || 'nothing'}`;
  await child.kill();
  if (ended !== undefined) throw new ServerEndedError(`The ${what} ended with ${ended}. ${wrote}`);
  throw new Error(`The ${what} did not answer within ${LIMIT / 1000} seconds (${reason}). ${wrote}`);
}
