/** Returns a round's name for people, who count from 1. In keys and in data, rounds count from 0. */
export const roundName = (round: number): string => `round ${round + 1}`;
