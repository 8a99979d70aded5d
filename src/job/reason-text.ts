import { budgetText } from '../cost/text';
import type { HeldChunk, LostBatch, SearchObstacle, WaitReason } from './reason';
import { roundName } from './round-name';

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
    case 'unreadableBatches':
    case 'unsearchableList':
    case 'noBatchListed':
    case 'unprovedAbsence':
    case 'presumedLostBefore':
      return obstacleText(reason, 'A batch was sent');
    case 'held':
      return `${obstacleText(reason.why, `Chunk ${reason.chunk} sent a batch`)} ${adviceText(reason)}`;
    case 'unpaid':
      return `the account could not pay for ${reason.requests} of the requests`;
    case 'contradictedAnswer':
      return `The API's answer names the batch ${reason.batch}, which does not match what was sent.`;
    case 'answerLost': {
      const watching = reason.watching.length > 0 ? `; watching ${reason.watching.join(', ')}` : '';
      return `the answer to ${roundName(reason.round)} was lost; searching for its batch${watching}`;
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

/** Returns what stands in the way of a search. `sent` begins the sentence. */
function obstacleText(obstacle: SearchObstacle, sent: string): string {
  const nothingListed = `${sent}, its answer was lost, and the list shows no batch that may be it.`;
  switch (obstacle.code) {
    case 'keyChanged':
      return (
        `${sent}, its answer was lost, and the API key has changed since. The new key may reach another ` +
        'workspace. Give the workers the key that sent the batch, or a key of the same workspace.'
      );
    case 'unreadableBatches':
      return [
        `${sent} and its answer was lost. It may be ${obstacle.batches.join(', ')}, but the results that`,
        'would prove it cannot be read.',
        ...obstacle.problems,
      ].join(' ');
    case 'unsearchableList':
      return `${sent}, its answer was lost, and the list of batches cannot be searched. ${obstacle.problem}`;
    case 'noBatchListed':
      return nothingListed;
    case 'unprovedAbsence':
      return (
        `${nothingListed} This happened in this round before, and the list shows no batch that this store ` +
        'knows, so it does not prove that the batch does not exist.'
      );
    case 'presumedLostBefore':
      return `${nothingListed} ${obstacle.attempts} batches of this round were presumed lost before.`;
  }
}

/** Returns how a person finds a batch whose id is unknown. */
export function consoleSearchText({ requests, sentAt }: LostBatch): string {
  return (
    `Search the Anthropic Console for a batch of ${requests} ${requests === 1 ? 'request' : 'requests'}, ` +
    `created at ${sentAt.slice(0, 16).replace('T', ' ')} UTC or soon after.`
  );
}

/** Returns what a person is to do about a chunk that is held. */
function adviceText({ why, ...sent }: HeldChunk): string {
  const search = consoleSearchText(sent);
  switch (why.code) {
    case 'keyChanged':
      return 'Then resume the job: the chunk searches again.';
    case 'unreadableBatches':
      return (
        'If the Anthropic Console shows these results, resume the job: the chunk searches again. If they ' +
        'are gone, cancel the job: the documents are left unresolved.'
      );
    case 'unsearchableList':
      return (
        `${search} Correct the gateway between the workers and the API, then resume the job: the chunk ` +
        'searches again. Or cancel the job: the documents are left unresolved.'
      );
    case 'noBatchListed':
    case 'unprovedAbsence':
    case 'presumedLostBefore':
      return (
        `${search} If there is none, resume the job: after the grace, and two more searches that find ` +
        'nothing, the chunk sends the round again.'
      );
  }
}
