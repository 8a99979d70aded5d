import { isCount } from '../cost/prices/count';

/**
 * Control requests of people to a running job. Each is a record in the store, which alone decides what
 * applies.
 */

/** A control request. */
export type ControlRequest =
  | { kind: 'pause' }
  /** Also releases held chunks. */
  | { kind: 'resume' }
  /** `maxUsd` in USD, as a decimal string. */
  | { kind: 'raise budget'; maxUsd: string };

/** The combined effect of all control requests so far. */
export interface Control {
  /** Number of requests. */
  requests: number;
  paused: boolean;
  /** How often the job was resumed. Each resume releases the chunks that are held then. */
  resumes: number;
  /** The raised budget in USD, as a decimal string. Unset if it was never raised. */
  maxUsd?: string;
}

export const NO_REQUESTS: Control = { requests: 0, paused: false, resumes: 0 };

export function afterRequest(control: Control, request: ControlRequest): Control {
  const next = { ...control, requests: control.requests + 1 };
  switch (request.kind) {
    case 'pause':
      return { ...next, paused: true };
    case 'resume':
      return { ...next, paused: false, resumes: control.resumes + 1 };
    case 'raise budget':
      return { ...next, maxUsd: request.maxUsd };
  }
}

/**
 * Reads the result of an activity that anyone may complete from outside. Returns `undefined` for anything but
 * a `Control`.
 */
export function readControlResult(value: unknown): Control | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { requests, paused, resumes } = value as Control;
  return [requests, resumes].every(isCount) && typeof paused === 'boolean' ? (value as Control) : undefined;
}
