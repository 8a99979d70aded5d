import type { Client } from '@temporalio/client';
import type { WaitingActivity } from '../job/waiting';
import { runningParts } from './running-parts';

/**
 * Completes the activities of one type in which a workflow and its children wait, so that they look again. Only a hint: an
 * activity that misses it looks again by itself when its time is up, and whatever fails here changes nothing else.
 *
 * @param first wakes only the first workflow that waits, in the order of its children
 * @returns how many activities were completed
 */
export async function wake(
  client: Client,
  job: string,
  type: WaitingActivity,
  { first = false }: { first?: boolean } = {},
): Promise<number> {
  let woken = 0;
  try {
    for await (const { workflowId, runId, raw } of runningParts(client, [job])) {
      for (const { activityId, activityType } of raw.pendingActivities ?? []) {
        if (activityType?.name !== type) continue;
        // In another run, after a Reset, the same id may be that of any activity.
        if (await complete(client, { workflowId, runId, activityId: activityId! })) woken += 1;
        if (first && woken > 0) return woken;
      }
    }
  } catch {
    // See above.
  }
  return woken;
}

type ActivityId = Record<'workflowId' | 'runId' | 'activityId', string>;

async function complete(client: Client, activity: ActivityId): Promise<boolean> {
  try {
    await client.activity.complete(activity, undefined);
    return true;
  } catch {
    return false;
  }
}
