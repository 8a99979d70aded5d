// batch/: polls a batch, cancels it, deletes it. Start here.

import type { BatchesApi } from '../../src/anthropic/api';
import type { Poll, PollInput } from '../../src/job/activity-types';
import type { SubmissionTimes } from '../../src/job/protocol/submission';
import { failedReason } from '../../src/job/reason';
import { findOrphans } from '../orphans/orphans';
import { onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { withFailureReport } from '../runtime/report-failure';

/** Polls a batch once. A failed poll is not retried: the next one is due anyway. */
export function createPoll(deps: ActivityDeps) {
  return async function anthropicPoll(input: PollInput): Promise<Poll> {
    return withFailureReport(deps, input, async () => {
      const api = deps.anthropic();
      const { status } = await api.retrieve(input.batch);
      // Orphans are collected once the batch has ended. Until then they only need to be canceled soon.
      if (!input.watch || status === 'ended') return { status };
      return { status, ...(await watch(deps, api, input, input.watch)) };
    });
  };
}

/** Searches for orphans. A failed search never fails the poll. */
async function watch(
  deps: ActivityDeps,
  api: BatchesApi,
  input: PollInput,
  times: SubmissionTimes,
): Promise<Omit<Poll, 'status'>> {
  try {
    const found = await onJob(deps, input, () => findOrphans(deps, api, input, times));
    return { orphaned: found.map(({ batch }) => batch.id) };
  } catch (error) {
    return { reason: { ...failedReason(error), code: 'orphanSearchFailed' } };
  }
}
