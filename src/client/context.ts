import type { Client } from '@temporalio/client';
import type { DamagedKeyError, Store } from '../store/store';

/** The connection, store and settings that every part of the client uses. */
export interface Context {
  client: Client;
  store: Store;
  /** The task queue of new jobs. An existing job keeps its own, which its workflow names. */
  taskQueue: string;
  warn: (message: string) => void;
}

/** Returns a handler that skips jobs whose spec is damaged, with a warning for each. */
export const skippingDamaged = ({ warn }: Pick<Context, 'warn'>) => ({
  onDamaged: ({ message }: DamagedKeyError) => warn(`${message} Its job is skipped.`),
});
