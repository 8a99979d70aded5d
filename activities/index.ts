import { createAwaitRequest } from './await-request';
import { createAwaitRoom } from './await-room';
import { createCancel } from './cancel';
import { createCheckIds } from './check-ids';
import { createCollectOrphans } from './collect-orphans';
import { createDeleteBatches } from './delete-batches';
import type { ActivityDeps } from './deps';
import { createFindEqual } from './find-equal';
import { createFinishChunk } from './finish-chunk';
import { createFinishJob } from './finish-job';
import { heavyLimit } from './heavy';
import { CALLS_AT_ONCE } from './one-by-one';
import { createOpenRound } from './open-round';
import { createPlan } from './plan';
import { createPoll } from './poll';
import { createPrepare } from './prepare';
import { createQuote } from './quote';
import { createReadPlan } from './read-plan';
import { createReconcile } from './reconcile';
import { createRetrieve } from './retrieve';
import { createSendOneByOne } from './send-one-by-one';
import { createSubmit } from './submit';
import { WatchedStore } from './watched-store';
import { createWriteOff } from './write-off';

/** Every step that touches the world outside a workflow. The names are what Temporal registers. */
export function createActivities(given: ActivityDeps) {
  const deps = { ...given, store: new WatchedStore(given.store) };
  const heavy = heavyLimit();
  const calls = heavyLimit(CALLS_AT_ONCE);
  return {
    anthropicPrepare: createPrepare(deps),
    anthropicPlan: createPlan(deps, heavy),
    anthropicCheckIds: createCheckIds(deps, heavy),
    anthropicFindEqual: createFindEqual(deps, heavy),
    anthropicQuote: createQuote(deps, heavy),
    anthropicAwaitRequest: createAwaitRequest(deps),
    anthropicAwaitRoom: createAwaitRoom(deps),
    anthropicDeleteBatches: createDeleteBatches(deps),
    anthropicReadPlan: createReadPlan(deps),
    anthropicSubmit: createSubmit(deps, heavy),
    anthropicSendOneByOne: createSendOneByOne(deps, calls),
    anthropicReconcile: createReconcile(deps),
    anthropicOpenRound: createOpenRound(deps),
    anthropicPoll: createPoll(deps),
    anthropicCancel: createCancel(deps),
    anthropicRetrieve: createRetrieve(deps, heavy),
    anthropicCollectOrphans: createCollectOrphans(deps, heavy),
    anthropicWriteOff: createWriteOff(deps),
    anthropicFinishChunk: createFinishChunk(deps, heavy),
    anthropicFinishJob: createFinishJob(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
export type { ActivityDeps };
