import { randomUUID } from 'node:crypto';
import { createOnce, findJson } from '../store/json';
import { type Store, StoreError } from '../store/store';
import { keys } from './keys';

/**
 * The store's own id, drawn when it is first asked for. Two folders of the same name on two machines have different ids:
 * a worker compares it with the one that its job carries, because exclusive creates in two stores exclude nobody.
 */
export async function storeId(store: Store): Promise<string> {
  type Identity = { id: string };
  const { id } =
    (await findJson<Identity>(store, keys.store)) ??
    (await createOnce<Identity>(store, keys.store, { id: randomUUID() })).value;
  if (typeof id === 'string' && id !== '') return id;
  throw new StoreError(
    `${keys.store} in the store ${store.location} holds no id. Restore the file from a backup, or use another store.`,
    keys.store,
  );
}
