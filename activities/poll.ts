import { toApplicationFailure } from '../src/anthropic/errors';
import type { Poll, PollInput } from '../src/job/steps';
import type { ActivityDeps } from './deps';

/** Looks once how a batch is. A poll that fails is not repeated: the next one is due anyway. */
export function createPoll(deps: ActivityDeps) {
  return async function anthropicPoll({ batch }: PollInput): Promise<Poll> {
    try {
      return { status: (await deps.anthropic().retrieve(batch)).status };
    } catch (error) {
      throw toApplicationFailure(error);
    }
  };
}
