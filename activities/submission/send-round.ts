import { randomBytes } from 'node:crypto';
import type { SubmitInput, SubmitOutcome } from '../../src/job/activity-types';
import { NONCE_LENGTH } from '../../src/job/protocol/custom-id';
import { decideRound, type RoundDecision } from '../../src/job/protocol/submission';
import { RoundLedger } from '../../src/records/ledger';
import { withWatch } from '../orphans/orphans';
import { onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';

/** Sends a round as a batch or live, as far as the ledger allows. */
export type Send = (decision: RoundDecision, signal: AbortSignal) => Promise<SubmitOutcome>;

/**
 * Runs a step that sends a round: reads the ledger, sends, and adds whether lost batches may still appear.
 */
export function sendRound(deps: ActivityDeps, input: SubmitInput, send: Send): Promise<SubmitOutcome> {
  return onJob(deps, input, async (signal) => {
    // Read before anything else: a process that closes the chunk meanwhile overtakes this attempt, not the
    // previous one.
    const attempts = await new RoundLedger(deps.store, input).read();
    const sent = await send(decideRound(attempts), signal);
    return withWatch(deps.store, input, attempts, sent);
  });
}

/** Returns the nonce of a new attempt. */
export const newNonce = (): string => randomBytes(NONCE_LENGTH / 2).toString('hex');
