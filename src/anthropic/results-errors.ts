/** The stream ended before all results had come; fetching it again may bring them. */
export class ResultsCut extends Error {
  override readonly name = 'ResultsCut';
}

/** The results are not those of the requests that were sent: fetching them again would not help. */
export class ResultsInvalid extends Error {
  override readonly name = 'ResultsInvalid';
}
