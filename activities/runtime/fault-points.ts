/**
 * The moments in the activities that matter to what is bought and kept. Fault tests end or freeze a real
 * process at one of them. Unused in production.
 */
export const FAULT_POINTS = [
  'prepare/begun',
  'prepare/done',
  'plan/requests-written',
  'plan/chunk-written',
  'find-equal/found',
  'find-equal/left-out',
  'quote/quoted',
  'budget/noted',
  'budget/read',
  'budget/reserved',
  'submit/before-intent',
  'submit/intent-written',
  // Reached before each piece of the body. The first time nothing is sent; later, the previous pieces are in
  // flight.
  'submit/uploading',
  'submit/before-gate',
  'submit/committed',
  // Between reading the clocks and the last bytes: the only window that the protocol cannot close.
  'submit/gate-passed',
  // The last bytes are given to the socket and may or may not have left.
  'submit/tail-given',
  'submit/answered',
  'submit/outcome-written',
  'submit/claimed',
  'submit/failed',
  'submit/failure-decided',
  // A request's call is recorded but not made.
  'live/call-noted',
  'live/answered',
  'live/answer-kept',
  'live/results-written',
  'reconcile/begun',
  'reconcile/overtaken',
  'reconcile/seen',
  'reconcile/found',
  'reconcile/claimed',
  'reconcile/outcome-written',
  'reconcile/before-presumed-lost',
  'reconcile/presumed-lost',
  'orphan/recorded',
  'orphan/claimed',
  'orphan/canceled',
  'collect-orphans/found',
  'collect-orphans/results-written',
  'read-plan/closed',
  'open-round/closed',
  'open-round/overtaken',
  'cancel/begun',
  'cancel/asked',
  'retrieve/streaming',
  'retrieve/results-written',
  'retrieve/selection-written',
  'finish-chunk/joining',
  'finish-chunk/results-written',
  'finish-chunk/summary-written',
  'finish-chunk/settled',
  'finish-job/adding',
  'finish-job/answered-equal',
  'finish-job/summary-written',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

export interface FaultPoints {
  /**
   * Reports that the activity has reached a point. Synchronous, because nothing may wait between reading the
   * clocks and the last bytes. A signal that a process sends to itself is synchronous too.
   */
  reach(point: FaultPoint): void;
}
