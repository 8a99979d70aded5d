/** The periods of a store's budget. All begin at midnight UTC, weeks on Mondays. */
export const PERIODS = ['day', 'week', 'month'] as const satisfies readonly Period[];

/** A period of a store's budget. */
export type Period = 'day' | 'week' | 'month';

const DAY = 86_400_000;

/** Returns the name of the period that contains a moment: its first day, or its month. */
export function periodOf(period: Period, at: Date): string {
  if (period === 'month') return at.toISOString().slice(0, 7);
  const sinceMonday = period === 'week' ? (at.getUTCDay() + 6) % 7 : 0;
  return new Date(at.getTime() - sinceMonday * DAY).toISOString().slice(0, 10);
}
