/**
 * The moments between any two lines of the activities that matter to what is bought and kept. Whoever proves the protocol under fire
 * ends or freezes a real process at one of them; nothing else listens.
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
  'budget/reserved',
  'submit/before-intent',
  'submit/intent-written',
  // Before each piece of the body: the first time nothing of it is sent, later the pieces before are on their way.
  'submit/uploading',
  'submit/before-gate',
  'submit/committed',
  // Between the look at the clocks and the last bytes: the one window that the protocol cannot close.
  'submit/gate-passed',
  // The last bytes are given to the socket and may have left, or may not.
  'submit/tail-given',
  'submit/answered',
  'submit/outcome-written',
  'submit/claimed',
  'submit/failed',
  'submit/failure-decided',
  // A request's call is noted and not made.
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
   * The activity has come to a point. Synchronous, because between the look at the clocks and the last bytes nothing may wait;
   * a signal that a process sends itself is.
   */
  reach(point: FaultPoint): void;
}
