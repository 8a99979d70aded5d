/** The most requests that the API accepts in a batch, and so the most documents of a chunk. */
export const MOST_REQUESTS = 100_000;

/**
 * Most rounds of a chunk in total, including rounds that failed only for lack of credit. A round's folder
 * name has two digits.
 */
export const MOST_ROUNDS = 100;
