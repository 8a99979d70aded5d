import type { ApiKeys } from './auth';
import type { Endpoint } from './faults/fault-spec';
import type { Faults } from './faults/faults';
import type { Batches } from './life/batches';
import type { Clock } from './life/clock';

/** The state that the endpoints share. Options have their final form here. */
export interface SimulatorState {
  dir: string;
  /** The address or name that the server listens on. */
  host: string;
  batches: Batches;
  clock: Clock;
  faults: Faults;
  apiKeys: ApiKeys | undefined;
  duration: (batch: { number: number; size: number; createdAt: number }) => number;
  cancelDuration: number;
  cancelFinishes: number;
  stallTimeout: number;
  maxBytes: number;
  /** Accepted calls since the start of this process. */
  calls: Record<Endpoint, number>;
  /** Ends all waiting when the simulator closes. */
  closing: AbortSignal;
}
