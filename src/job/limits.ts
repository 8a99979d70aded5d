/** Requests of a batch that the API takes, and so the most documents of a chunk. */
export const MOST_REQUESTS = 100_000;

/** Rounds of a chunk in all, those included that came back for want of money alone: a round's folder has two digits. */
export const MOST_ROUNDS = 100;
