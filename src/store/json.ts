import { randomUUID } from 'node:crypto';
import { DamagedKeyError, KeyExistsError, KeyNotFoundError, type Store, StoreError } from './store';

/** A key's value as text. @throws {KeyNotFoundError} */
export async function readText(store: Store, key: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.open(key)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * A key's value as JSON, which must be an object: a damaged `null` must not pass for a key that is not there. Otherwise its shape is
 * not checked.
 *
 * @throws {KeyNotFoundError}
 * @throws {DamagedKeyError} when the value is not JSON, or no object.
 */
export async function readJson<T extends object>(store: Store, key: string): Promise<T> {
  const value = parsed(store, key, await readText(store, key));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T;
  throw new DamagedKeyError(store, key, 'it is not a JSON object');
}

function parsed(store: Store, key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DamagedKeyError(store, key, 'it is not JSON', { cause: error });
  }
}

/** Like `readJson`, with `undefined` where there is no such key. */
export async function findJson<T extends object>(store: Store, key: string): Promise<T | undefined> {
  try {
    return await readJson<T>(store, key);
  } catch (error) {
    if (error instanceof KeyNotFoundError) return undefined;
    throw error;
  }
}

/** Writes a value as one line of JSON. @throws {KeyExistsError} with `ifAbsent`, when the key stands already. */
export async function putJson(
  store: Store,
  key: string,
  value: unknown,
  options?: { ifAbsent?: boolean },
): Promise<void> {
  await store.put(key, `${JSON.stringify(value)}\n`, options);
}

/** What `createOnce` found out. `value` is what stands under the key, whoever wrote it. */
export interface Created<T> {
  /** Whether this very call wrote it. */
  created: boolean;
  value: T & { token: string };
}

/**
 * Creates a key that one caller alone can create, and tells for sure who it was.
 *
 * A store's answer to an exclusive create can lie: a timeout may hide a write that happened, and a client that sends the
 * request again after a lost answer is told that the key exists when it was its own first request that made it. So each
 * call puts a random `token` into the object, and after any answer but success reads back what stands: with our token it
 * was created by us, with another it was not. What is ours is then asked for once more, until the store says that it stands.
 *
 * When it throws, nothing is known: a write that was under way may still come to stand. A caller then acts as if the key
 * may be anybody's, and asks again (the answer is then `created: false` with whatever stands).
 *
 * @throws {StoreError} the store's own, when the create failed and no value stands; another, when it cannot be told what
 *   stands. Never `KeyExistsError`.
 */
export async function createOnce<T extends object>(store: Store, key: string, value: T): Promise<Created<T>> {
  const ours = { ...value, token: randomUUID() };
  const create = () => putJson(store, key, ours, { ifAbsent: true });
  try {
    await create();
    return { created: true, value: ours };
  } catch (error) {
    const standing = await findJson<Created<T>['value']>(store, key).catch((unread) => {
      if (unread instanceof DamagedKeyError) throw unread;
      throw unknown(store, key, 'what stands there cannot be read', error, unread.message);
    });
    const created = standing?.token === ours.token;
    if (created && !(error instanceof KeyExistsError)) await assertLasting(store, key, create);
    if (standing !== undefined) return { created, value: standing };
    if (error instanceof KeyExistsError) throw unknown(store, key, 'it stood, and was deleted since', error);
    throw error;
  }
}

/**
 * Makes sure that a value of ours stands for good: a disk may have failed between the write and its live, and a power cut then
 * forgets what was acted on. A store says that a key exists once it outlasts that.
 */
async function assertLasting(store: Store, key: string, create: () => Promise<void>): Promise<void> {
  await create().catch((error) => {
    if (error instanceof KeyExistsError) return;
    throw unknown(store, key, 'it may not outlast a power cut', error, error.message);
  });
}

function unknown(store: Store, key: string, why: string, cause: unknown, detail?: string): StoreError {
  const said = `It is not known who created ${key} in the store ${store.location}: ${why}`;
  return new StoreError(detail === undefined ? `${said}.` : `${said}: ${detail}`, key, {
    cause,
    publicMessage: `${said}.`,
  });
}
