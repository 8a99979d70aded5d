import { randomUUID } from 'node:crypto';
import { createOnce, findJson } from '../store/json';
import { type Store, StoreError } from '../store/store';
import { keys } from './keys';

/**
 * Returns the store's own id, which is created on first use. Folders of the same name on two machines have
 * different ids. A worker compares the id with the job's: exclusive creates in two different stores exclude
 * nothing.
 */
export async function storeId(store: Store): Promise<string> {
  type Identity = { id: string };
  const { id } =
    (await findJson<Identity>(store, keys.store)) ??
    (await createOnce<Identity>(store, keys.store, { id: randomUUID() })).value;
  if (typeof id === 'string' && id !== '') return id;
  throw new StoreError(
    `${keys.store} in the store ${store.location} has no id. Restore the file from a backup, or use ` +
      'another store.',
    keys.store,
  );
}
