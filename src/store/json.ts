import { randomUUID } from 'node:crypto';
import { ifAbsent, ifFound, putIfAbsent } from './optional';
import { DamagedKeyError, KeyExistsError, type Store, StoreError } from './store';

/** Reads a key's value as text. @throws {KeyNotFoundError} */
export async function readText(store: Store, key: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.open(key)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Reads a key's value as JSON. The value must be an object: a damaged `null` must not pass for a missing key.
 * Its shape is not checked otherwise.
 *
 * @throws {KeyNotFoundError}
 * @throws {DamagedKeyError} if the value is not JSON, or not an object
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

/** Like `readText`, but returns `undefined` if the key does not exist. */
export function findText(store: Store, key: string): Promise<string | undefined> {
  return ifFound(readText(store, key));
}

/** Like `readJson`, but returns `undefined` if the key does not exist. */
export function findJson<T extends object>(store: Store, key: string): Promise<T | undefined> {
  return ifFound(readJson<T>(store, key));
}

/** Writes a value as one line of JSON. @throws {KeyExistsError} with `ifAbsent`, if the key exists */
export async function putJson(
  store: Store,
  key: string,
  value: unknown,
  options?: { ifAbsent?: boolean },
): Promise<void> {
  await store.put(key, `${JSON.stringify(value)}\n`, options);
}

/** Writes a value as one line of JSON, unless its key exists. @returns `false` if the key existed */
export function putJsonIfAbsent(store: Store, key: string, value: object): Promise<boolean> {
  return ifAbsent(putJson(store, key, value, { ifAbsent: true }));
}

/**
 * Creates a key that only one caller can create, or finds it with the same value: a store may resend a write
 * whose answer was lost, and then find its own.
 *
 * @returns `false` if the key has another value
 */
export async function createSame(store: Store, key: string, value: object): Promise<boolean> {
  const text = `${JSON.stringify(value)}\n`;
  return (await putIfAbsent(store, key, text)) || (await findText(store, key)) === text;
}

/** The result of `createOnce`. `value` is the value under the key, from any writer. */
export interface Created<T> {
  /** Whether this call wrote the value. */
  created: boolean;
  value: T & { token: string };
}

/**
 * Creates a key that only one caller can create, and returns reliably which one did.
 *
 * A store's answer to an exclusive create can be wrong. A timeout may hide a successful write. A client that
 * resends a request after a lost answer may be told that the key exists, when its own first request created
 * it. Each call therefore puts a random `token` into the object. After any answer but success, it reads the
 * value back: the token shows whether this call created it. A value of our own is then put again until the
 * store reports that it exists.
 *
 * If this function throws, the outcome is unknown: a write may still succeed later. The caller then treats
 * the key as another's, and calls again. The answer is then `created: false` with the existing value.
 *
 * @throws {StoreError} the store's own error, if the create failed and there is no value; another error, if
 *   it is unknown whether there is one. Never `KeyExistsError`
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
      throw unknown(store, key, 'its value cannot be read', error, unread.message);
    });
    const created = standing?.token === ours.token;
    if (created && !(error instanceof KeyExistsError)) await assertLasting(store, key, create);
    if (standing !== undefined) return { created, value: standing };
    if (error instanceof KeyExistsError)
      throw unknown(store, key, 'it existed, but has been deleted since', error);
    throw error;
  }
}

/**
 * Makes sure that a value of our own is durable. A disk may fail between the write and the sync, and a power
 * cut would then lose a value that was acted on. A store reports that a key exists only once the key survives
 * that.
 */
async function assertLasting(store: Store, key: string, create: () => Promise<void>): Promise<void> {
  await ifAbsent(create()).catch((error) => {
    throw unknown(store, key, 'it may not survive a power cut', error, error.message);
  });
}

function unknown(store: Store, key: string, why: string, cause: unknown, detail?: string): StoreError {
  const said = `It is unknown which process created ${key} in the store ${store.location}: ${why}`;
  return new StoreError(detail === undefined ? `${said}.` : `${said}: ${detail}`, key, {
    cause,
    publicMessage: `${said}.`,
  });
}
