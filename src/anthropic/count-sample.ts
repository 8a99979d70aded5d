import { inOrder } from '../async/in-order';
import type { Drawn, Survey } from '../cost/estimate/strata';
import { TokenGuess } from '../cost/estimate/token-guess';

/** Requests whose tokens are counted by default. The tokens of the others are estimated from their size. */
export const SAMPLE = 100;

/** Concurrent calls. */
export const COUNTED_AT_ONCE = 8;

/** Counts the tokens of a survey's sample, several concurrently. */
export async function countSample<T>(
  survey: Survey<T>,
  signal: AbortSignal | undefined,
  count: (item: T, signal: AbortSignal) => Promise<number>,
): Promise<TokenGuess> {
  const strata = survey.strata();
  const sample: Drawn<T>[] = strata.flatMap((stratum) => stratum.sample);
  const tokens: number[] = [];
  const how = { atOnce: COUNTED_AT_ONCE, signal };
  for await (const counted of inOrder(sample, how, ({ item }, stop) => count(item, stop)))
    tokens.push(counted);
  return new TokenGuess(
    strata.map((stratum) => ({ stratum, tokens: tokens.splice(0, stratum.sample.length) })),
  );
}
