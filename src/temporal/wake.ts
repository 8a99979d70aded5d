import type { Client } from '@temporalio/client';
import type { WaitingActivity } from '../job/waiting';
import { runningParts } from './running-parts';

/**
 * Completes the activities of one type in which a workflow and its children wait, so that they check again.
 * This is only a hint: an activity that misses it checks again at its timeout. Failures are ignored.
 *
 * @param first wakes only the first waiting workflow, in the order of the children
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
        // After a Reset, the same id may belong to any activity of the new run, so the run id is given.
        const woken = await complete(client, { workflowId, runId, activityId: activityId! });
        if (first && woken) return;
      }
    }
  } catch {
    // A missed hint does no harm: see above.
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
