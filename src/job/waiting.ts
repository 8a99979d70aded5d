/** The activities that wait to be completed from outside: for a person's request, and for budget. */
const WAITING = ['anthropicAwaitRequest', 'anthropicAwaitBudget'] as const;

export type WaitingActivity = (typeof WAITING)[number];

/** Returns whether an activity of this type waits. If an attempt of it timed out, it did not fail. */
export const isWaiting = (activityType: string): boolean =>
  (WAITING as readonly string[]).includes(activityType);
