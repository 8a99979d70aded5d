// The steps with side effects: one file per step. `createActivities` creates all. A folder may import only
// folders of later rows:
//   planning, live, batch
//   submission, results
//   budget, dedupe, orphans
//   runtime

import { createCancel } from './batch/cancel';
import { createDeleteBatches } from './batch/delete-batches';
import { createPoll } from './batch/poll';
import { createAwaitBudget } from './budget/await-budget';
import { createWorstCase } from './budget/worst-case';
import { createFindEqual } from './dedupe/find-equal';
import { CALLS_AT_ONCE } from './live/live-round';
import { createSendLive } from './live/send-live';
import { createCheckIds } from './planning/check-ids';
import { createPlan } from './planning/plan';
import { createPrepare } from './planning/prepare';
import { createReadPlan } from './planning/read-plan';
import { createCollectOrphans } from './results/collect-orphans';
import { createFinishChunk } from './results/finish-chunk';
import { createFinishJob } from './results/finish-job';
import { createRecoverLost } from './results/recover-lost';
import { createRetrieve } from './results/retrieve';
import { createWriteOff } from './results/write-off';
import { createAwaitRequest } from './runtime/await-request';
import { concurrencyLimit } from './runtime/concurrency-limit';
import type { ActivityDeps } from './runtime/deps';
import { WatchedStore } from './runtime/watched-store';
import { createOpenRound } from './submission/open-round';
import { createReconcile } from './submission/reconcile';
import { createSubmit } from './submission/submit';
import { createSendWebhook } from './webhook/send-webhook';

/** Creates every step that has effects outside a workflow. Temporal registers the names. */
export function createActivities(given: ActivityDeps) {
  const deps = { ...given, store: new WatchedStore(given.store) };
  const heavy = concurrencyLimit();
  const calls = concurrencyLimit(CALLS_AT_ONCE);
  return {
    anthropicPrepare: createPrepare(deps),
    anthropicRecoverLost: createRecoverLost(deps, heavy),
    anthropicPlan: createPlan(deps, heavy),
    anthropicCheckIds: createCheckIds(deps, heavy),
    anthropicFindEqual: createFindEqual(deps, heavy),
    anthropicWorstCase: createWorstCase(deps, heavy),
    anthropicAwaitRequest: createAwaitRequest(deps),
    anthropicAwaitBudget: createAwaitBudget(deps),
    anthropicDeleteBatches: createDeleteBatches(deps),
    anthropicReadPlan: createReadPlan(deps),
    anthropicSubmit: createSubmit(deps, heavy),
    anthropicSendLive: createSendLive(deps, calls),
    anthropicReconcile: createReconcile(deps),
    anthropicOpenRound: createOpenRound(deps),
    anthropicPoll: createPoll(deps),
    anthropicCancel: createCancel(deps),
    anthropicRetrieve: createRetrieve(deps, heavy),
    anthropicCollectOrphans: createCollectOrphans(deps, heavy),
    anthropicWriteOff: createWriteOff(deps),
    anthropicFinishChunk: createFinishChunk(deps, heavy),
    anthropicFinishJob: createFinishJob(deps),
    anthropicSendWebhook: createSendWebhook(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
export type { ActivityDeps };
