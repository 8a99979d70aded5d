import type { Client } from '@temporalio/client';
import type { DamagedKeyError, Store } from '../store/store';

/** What every part of the client needs. */
export interface Context {
  client: Client;
  store: Store;
  /** Where jobs are started. A job that exists has a task queue of its own, which its workflow names. */
  taskQueue: string;
  warn: (message: string) => void;
}

/** Skips jobs whose spec is damaged, and warns of each. */
export const skippingDamaged = ({ warn }: Pick<Context, 'warn'>) => ({
  onDamaged: ({ message }: DamagedKeyError) => warn(`${message} Its job is skipped.`),
});
