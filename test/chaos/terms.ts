import type { PlannedDocument } from './jobs';
import type { Random } from './random';

/** The terms of a job: its budget, and whether requests are sent live. */
export interface Terms {
  /** USD as a decimal string. Unset if the job has no budget. */
  maxUsd?: string;
  /** The budget is too small: chunks wait until a person raises it. */
  raise?: { to: string; after: number };
  /** If fewer requests than this are to be sent, they are sent live. */
  liveBelow?: number;
}

/** USD. More than any job of a run can cost. */
const AMPLE = '5';

/** In USD, in a batch: an answer of 100 tokens, and a character of a prompt. Four characters make a token. */
const WORST_ANSWER = (100 * 0.5e-6) / 2;
const WORST_CHARACTER = (0.25 * 0.1e-6) / 2;

export function drawTerms(random: Random, documents: readonly Pick<PlannedDocument, 'text'>[]): Terms {
  const budget = random.pick(['none', 'none', 'none', 'none', 'ample', 'small'] as const);
  if (budget === 'small') {
    const characters = documents.reduce((sum, { text }) => sum + text.length, 0);
    const worst = documents.length * WORST_ANSWER + characters * WORST_CHARACTER;
    // A call with a lost answer may take a job above its budget, so such a job sends nothing live.
    return {
      maxUsd: (worst * (0.05 + 0.9 * random.next())).toFixed(9),
      raise: { to: AMPLE, after: random.int(4_000, 20_000) },
    };
  }
  return {
    ...(budget === 'ample' ? { maxUsd: AMPLE } : {}),
    // Above 100, all first rounds are sent live.
    ...(random.chance(0.3) ? { liveBelow: random.pick([3, 6, 200, 200]) } : {}),
  };
}
