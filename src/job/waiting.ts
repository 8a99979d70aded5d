/** The activities that wait to be completed from outside: for a request of a person, and for room in a budget. */
const WAITING = ['anthropicAwaitRequest', 'anthropicAwaitRoom'] as const;

export type WaitingActivity = (typeof WAITING)[number];

/** Whether an activity of this type waits: an attempt of it that timed out did not fail. */
export const isWaiting = (activityType: string): boolean =>
  (WAITING as readonly string[]).includes(activityType);
