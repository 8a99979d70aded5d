import { budgetText } from '../cost/text';
import type { WaitReason } from './reason';

/** Returns the sentence that people read for a reason. */
export function reasonText(reason: WaitReason): string {
  switch (reason.code) {
    case 'failed':
      return reason.message;
    case 'chunkClosed':
      return 'The chunk was closed after its job was last known to be running.';
    case 'jobEnded':
      return 'Temporal reports that the job has ended, so nothing was sent.';
    case 'jobReplaced':
      return 'A job with the same id may have been started, and Temporal cannot be asked.';
    case 'overBudget': {
      const until = reason.fit === 'full' ? 'for the chunk' : 'until more chunks end';
      return `${budgetText(reason)} has too little left ${until}: it costs up to ${reason.worst} USD.`;
    }
    case 'keyChanged':
      return (
        'A batch was sent, its answer was lost, and the API key has changed since. The new key may reach ' +
        'another workspace. Give the workers the key that sent the batch, or a key of the same workspace. ' +
        'If the chunk is held, then resume the job.'
      );
    case 'unreadableBatches':
      return [
        `A batch was sent and its answer was lost. It may be ${reason.batches.join(', ')}, but the results`,
        'that would prove it cannot be read.',
        ...reason.problems,
        'Search the Anthropic Console. Resume the job to search again, or cancel it to leave these documents',
        'unresolved.',
      ].join(' ');
    case 'noBatchListed':
      return `${NOTHING_LISTED} ${ASK}`;
    case 'unprovedAbsence':
      return (
        `${NOTHING_LISTED} This happened in this round before, and the list shows no batch that this store ` +
        `knows, so it does not prove that the batch does not exist. ${ASK}`
      );
    case 'presumedLostBefore':
      return `${NOTHING_LISTED} ${reason.attempts} batches of this round were presumed lost before. ${ASK}`;
    case 'unpaid':
      return `the account could not pay for ${reason.requests} of the requests`;
    case 'contradictedAnswer':
      return `The API's answer names the batch ${reason.batch}, which does not match what was sent.`;
    case 'answerLost': {
      const watching = reason.watching.length > 0 ? `; watching ${reason.watching.join(', ')}` : '';
      return `the answer to round ${reason.round} was lost; searching for its batch${watching}`;
    }
    case 'malformedReplies':
      return reason.problems.join(' ');
    case 'orphanSearchFailed':
      return `The search for a batch that was presumed lost failed: ${reason.message}`;
    case 'orphansOpen': {
      const why = reason.message === undefined ? '' : ` (${reason.message})`;
      const batches = reason.batches.join(', ');
      return `waiting for batches that were presumed lost and appeared later: ${batches}${why}`;
    }
  }
}

const NOTHING_LISTED = 'A batch was sent, its answer was lost, and the list shows no batch that may be it.';

const ASK =
  'Search the Anthropic Console for a batch of this size and time. If there is none, resume the job to ' +
  'send the round again.';
