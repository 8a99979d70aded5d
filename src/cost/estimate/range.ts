/** The range of an estimate: the least, likely and most. */
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

/** Returns the range of a known value. */
export const exactly = <T>(value: T): Range<T> => ({ low: value, likely: value, worst: value });
