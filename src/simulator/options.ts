import type { ApiKeys } from './auth';
import type { FaultSpec } from './faults/fault-spec';

/** A batch that is about to be created. */
export interface NewBatch {
  /** 0 for the first batch of this folder. */
  number: number;
  /** Number of requests. */
  size: number;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/**
 * Options of the simulator. All durations are in milliseconds: those of batches by the simulator's clock,
 * those of sockets in real time.
 */
export interface SimulatorOptions {
  /** The folder of the state. Created if it does not exist. Only one simulator at a time may use it. */
  dir: string;
  /** Default 0: a free port. */
  port?: number;
  /** Default `127.0.0.1`. */
  host?: string;
  /** The base of the simulator's clock, in milliseconds since 1970. Default `Date.now`. */
  now?: () => number | Promise<number>;
  /**
   * Time from the creation of a batch to its end. Above 24 hours, unfinished requests then expire. Default
   * 2,000.
   */
  duration?: number | ((batch: NewBatch) => number);
  /** Time from the cancellation of a batch to its end. Default 500. */
  cancelDuration?: number;
  /** Fraction of the requests unfinished at a cancellation that still finish. Default 0.1. */
  cancelFinishes?: number;
  /** Accepted keys, as a record with the workspace of each. Default: any key. */
  apiKeys?: ApiKeys;
  /** Initial faults. Used only if the folder has none yet. */
  faults?: FaultSpec;
  /** Delay until a new batch shows in the list, in milliseconds. Default 0. Replaces `faults.listLag`. */
  listLag?: number;
  /** Drops an upload after this long without a byte. Default 10 minutes. */
  stallTimeout?: number;
  /** The largest body of a batch. Default 256,000,000 bytes, the stricter reading of the API's 256 MB. */
  maxBytes?: number;
}

const BOUNDS = {
  port: 65_535,
  duration: Number.POSITIVE_INFINITY,
  cancelDuration: Number.MAX_SAFE_INTEGER,
  cancelFinishes: 1,
  listLag: Number.MAX_SAFE_INTEGER,
  stallTimeout: Number.POSITIVE_INFINITY,
  maxBytes: Number.MAX_SAFE_INTEGER,
} satisfies { [Name in keyof SimulatorOptions]?: number };

export function checkOptions(options: SimulatorOptions): void {
  if (typeof options.dir !== 'string' || options.dir === '') {
    throw new TypeError(`The option dir must be a folder's path (got ${JSON.stringify(options.dir)}).`);
  }
  for (const [name, most] of Object.entries(BOUNDS)) {
    const value = options[name as keyof typeof BOUNDS];
    if (value === undefined || typeof value === 'function') continue;
    if (typeof value === 'number' && value >= 0 && value <= most) continue;
    throw new TypeError(
      `The option ${name} must be a number from 0 to ${most} (got ${JSON.stringify(value)}).`,
    );
  }
}
