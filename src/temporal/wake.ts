import type { Client } from '@temporalio/client';
import { MESSAGE_BATCH, SEGMENT } from '../job/names';

/** The activities that wait to be completed from outside: for a request of a person, and for room in a budget. */
export type WaitingActivity = 'anthropicAwaitRequest' | 'anthropicAwaitRoom';

/** Descriptions that are asked for at a time. */
const AT_ONCE = 10;

/**
 * Completes the activities of one type in which a workflow and its children wait, so that they look again. Only a hint: an
 * activity that misses it looks again by itself when its time is up, and whatever fails here changes nothing else.
 *
 * @param first wakes only the first workflow that waits, in the order of its children
 * @returns how many activities were completed
 */
export async function wake(
  client: Client,
  workflowId: string,
  activityType: WaitingActivity,
  { first = false }: { first?: boolean } = {},
): Promise<number> {
  const waiting = await describe(client, workflowId);
  let woken = 0;
  for (const activityId of waiting.activities.get(activityType) ?? []) {
    if (await complete(client, workflowId, activityId)) woken += 1;
    if (first && woken > 0) return woken;
  }
  const step = first ? 1 : AT_ONCE;
  for (let from = 0; from < waiting.children.length; from += step) {
    const children = waiting.children.slice(from, from + step);
    const counts = await Promise.all(children.map((child) => wake(client, child, activityType, { first })));
    woken += counts.reduce((sum, count) => sum + count, 0);
    if (first && woken > 0) return woken;
  }
  return woken;
}

interface Waiting {
  /** Ids of pending activities, by type. */
  activities: Map<string, string[]>;
  /** Workflow ids of running chunks and segments. */
  children: string[];
}

async function describe(client: Client, workflowId: string): Promise<Waiting> {
  const waiting: Waiting = { activities: new Map(), children: [] };
  try {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    for (const { activityId, activityType } of raw.pendingActivities ?? []) {
      const type = activityType?.name ?? '';
      waiting.activities.set(type, [...(waiting.activities.get(type) ?? []), activityId ?? '']);
    }
    for (const child of raw.pendingChildren ?? []) {
      const ours = child.workflowTypeName === MESSAGE_BATCH || child.workflowTypeName === SEGMENT;
      if (ours && child.workflowId) waiting.children.push(child.workflowId);
    }
  } catch {
    // It may have ended; see above.
  }
  return waiting;
}

async function complete(client: Client, workflowId: string, activityId: string): Promise<boolean> {
  try {
    await client.activity.complete({ workflowId, activityId }, undefined);
    return true;
  } catch {
    return false;
  }
}
