import { isCount } from '../cost/prices/count';

/** What people ask of a job while it runs. Each request is a record in the store, which alone says what is in force. */

/** One request of a person. */
export type ControlRequest =
  | { kind: 'pause' }
  /** Also lets chunks that are held go on. */
  | { kind: 'resume' }
  /** `maxUsd` in USD, as a decimal string. */
  | { kind: 'raise budget'; maxUsd: string };

/** What all requests so far come to. */
export interface Control {
  /** How many there were. */
  requests: number;
  paused: boolean;
  /** How often the job was resumed: each time releases what was held then. */
  resumes: number;
  /** What the job's budget was raised to, in USD as a decimal string; absent where it never was. */
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

/** Reads the result of an activity that anyone may complete from outside; `undefined` for all that is no `Control`. */
export function readControlResult(value: unknown): Control | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { requests, paused, resumes } = value as Control;
  return [requests, resumes].every(isCount) && typeof paused === 'boolean' ? (value as Control) : undefined;
}
