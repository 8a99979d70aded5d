import type { Client } from '@temporalio/client';
import type { WaitingActivity } from '../job/waiting';
import { runningParts } from './running-parts';

/**
 * Completes the activities of one type in which a workflow and its children wait, so that they look again. Only a hint: an
 * activity that misses it looks again by itself when its time is up, and whatever fails here changes nothing else.
 *
 * @param first wakes only the first workflow that waits, in the order of its children
 */
export async function wake(
  client: Client,
  job: string,
  type: WaitingActivity,
  { first = false }: { first?: boolean } = {},
): Promise<void> {
  try {
    for await (const { workflowId, runId, raw } of runningParts(client, [job])) {
      for (const { activityId, activityType } of raw.pendingActivities ?? []) {
        if (activityType?.name !== type) continue;
        // In another run, after a Reset, the same id may be that of any activity.
        const woken = await complete(client, { workflowId, runId, activityId: activityId! });
        if (first && woken) return;
      }
    }
  } catch {
    // See above.
  }
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
