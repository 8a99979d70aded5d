import type { ApiKeys } from './auth';
import type { FaultSpec } from './faults/fault-spec';

/** A batch that is about to be created. */
export interface NewBatch {
  /** 0 for the first batch of this folder. */
  number: number;
  /** Requests. */
  size: number;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** All durations in milliseconds; those of batches on the simulator's clock, those of sockets in real time. */
export interface SimulatorOptions {
  /** The folder that holds the state; made where there is none. One simulator at a time. */
  dir: string;
  /** Default 0: a free one. */
  port?: number;
  /** Default `127.0.0.1`. */
  host?: string;
  /** The base of its clock, milliseconds since 1970. Default `Date.now`. */
  now?: () => number | Promise<number>;
  /** From the creation of a batch until it ends; above 24 hours, what is unfinished then expires. Default 2,000. */
  duration?: number | ((batch: NewBatch) => number);
  /** From the cancellation of a batch until it ends. Default 500. */
  cancelDuration?: number;
  /** Of the requests that are unfinished at a cancellation, the part that is finished all the same. Default 0.1. */
  cancelFinishes?: number;
  /** Keys that are let in, as a record with the workspace of each. Default: any key. */
  apiKeys?: ApiKeys;
  /** What is to go wrong, where the folder does not say yet. */
  faults?: FaultSpec;
  /** A batch shows in the list only so long after its creation. Default 0. The same as `faults.listLag`. */
  listLag?: number;
  /** An upload that is silent for so long is dropped. Default 10 minutes. */
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
    throw new TypeError(`The option dir is a folder's path, not ${JSON.stringify(options.dir)}.`);
  }
  for (const [name, most] of Object.entries(BOUNDS)) {
    const value = options[name as keyof typeof BOUNDS];
    if (value === undefined || typeof value === 'function') continue;
    if (typeof value === 'number' && value >= 0 && value <= most) continue;
    throw new TypeError(`The option ${name} is a number from 0 to ${most}, not ${JSON.stringify(value)}.`);
  }
}
