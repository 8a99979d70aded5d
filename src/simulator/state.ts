import type { ApiKeys } from './auth';
import type { Endpoint } from './faults/fault-spec';
import type { Faults } from './faults/faults';
import type { Batches } from './life/batches';
import type { Clock } from './life/clock';

/** What the endpoints share. Options are in their final form here. */
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
  /** Calls that were let in, since the start of this process. */
  calls: Record<Endpoint, number>;
  /** Ends all waiting when the simulator closes. */
  closing: AbortSignal;
}
