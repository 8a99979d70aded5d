/** What an estimate says of an amount: the least, what is likely, and the most. */
export interface Range<T> {
  low: T;
  likely: T;
  worst: T;
}

export const BOUNDS = ['low', 'likely', 'worst'] as const;

export const inRange = <T>(give: (bound: (typeof BOUNDS)[number]) => T): Range<T> => ({
  low: give('low'),
  likely: give('likely'),
  worst: give('worst'),
});

/** A range of what is known exactly. */
export const exactly = <T>(value: T): Range<T> => ({ low: value, likely: value, worst: value });
