/** Requests of a batch that the API takes, and so the most documents of a chunk. */
export const MOST_REQUESTS = 100_000;
