import type { Client } from '@temporalio/client';
import type { Store } from '../store/store';
import type { Queue } from './queue';

/** What every part of the client needs. */
export interface Context {
  client: Client;
  store: Store;
  taskQueue: string;
  warn: (message: string) => void;
}

export const queueOf = ({ client, store, taskQueue }: Context): Queue => ({
  taskQueue,
  namespace: client.options.namespace,
  store: store.location,
});
