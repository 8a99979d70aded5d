import type { ApiKeys } from './auth';
import type { Batches } from './batches';
import type { Clock } from './clock';
import type { Endpoint } from './fault-spec';
import type { Faults } from './faults';

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
