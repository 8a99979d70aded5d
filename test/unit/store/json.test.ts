import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileStore } from '../../../src/store/file/file-store';
import { createOnce, findJson, findText, putJson, readJson, readText } from '../../../src/store/json';
import { ifAbsent, ifFound, putIfAbsent } from '../../../src/store/optional';
import {
  DamagedKeyError,
  KeyExistsError,
  KeyNotFoundError,
  StoreError,
  type StoreSource,
} from '../../../src/store/store';

type Put = (key: string, source: StoreSource) => Promise<void>;

/** A store whose exclusive creates end as the test decides. `write` really creates. */
class LyingStore extends FileStore {
  answer: (write: Put, key: string, source: StoreSource) => Promise<void> = (write, ...put) => write(...put);
  readable = true;

  override async put(key: string, source: StoreSource, options: { ifAbsent?: boolean } = {}): Promise<void> {
    if (options.ifAbsent) await this.answer((...put) => super.put(...put, options), key, source);
    else await super.put(key, source, options);
  }

  override async open(key: string): Promise<AsyncIterable<Uint8Array>> {
    if (!this.readable) throw new StoreError('The store does not answer.', key);
    return super.open(key);
  }
}

const timeout = new Error('The request timed out.');
const KEY = 'attempts/000/decision.json';

describe('JSON in a store', () => {
  let folder: string;
  let store: LyingStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'store-json-'));
    store = new LyingStore(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is written as one line and read back', async () => {
    await putJson(store, 'a.json', { text: 'ü\u2028', n: [1] });
    expect(await readText(store, 'a.json')).toBe('{"text":"ü\u2028","n":[1]}\n');
    expect(await readJson(store, 'a.json')).toEqual({ text: 'ü\u2028', n: [1] });
    await putJson(store, 'a.json', { n: 2 });
    expect(await findJson(store, 'a.json')).toEqual({ n: 2 });
    await expect(putJson(store, 'a.json', { n: 3 }, { ifAbsent: true })).rejects.toThrow(KeyExistsError);
  });

  it('is missing, or broken, under a named key', async () => {
    await expect(readJson(store, 'none.json')).rejects.toThrow(KeyNotFoundError);
    expect(await findJson(store, 'none.json')).toBeUndefined();
    await store.put('broken.json', '{"a":');
    await expect(readJson(store, 'broken.json')).rejects.toThrow(/broken\.json.*not JSON/);
    await expect(findJson(store, 'broken.json')).rejects.toThrow(StoreError);
  });

  it('is read as text by findText, which returns nothing for a missing key', async () => {
    await store.put('empty', '');
    expect(await findText(store, 'empty')).toBe('');
    expect(await findText(store, 'none')).toBeUndefined();
    await expect(ifFound(Promise.reject(new StoreError('The disk failed.', 'a')))).rejects.toThrow('disk');
  });

  it('is written by putIfAbsent only if the key is free, and the caller learns whether', async () => {
    expect(await putIfAbsent(store, 'a', 'first')).toBe(true);
    expect(await putIfAbsent(store, 'a', 'second')).toBe(false);
    expect(await readText(store, 'a')).toBe('first');
    await expect(ifAbsent(Promise.reject(new StoreError('The disk failed.', 'a')))).rejects.toThrow('disk');
  });

  it.each(['', 'null', '0', '"x"', '[]'])(
    'is never taken for a missing value if it is damaged: %j',
    async (text) => {
      await store.put('damaged.json', text);
      await expect(findJson(store, 'damaged.json')).rejects.toThrow(DamagedKeyError);
      await expect(createOnce(store, 'damaged.json', { a: 1 })).rejects.toThrow(DamagedKeyError);
    },
  );

  it('is created by one caller, and the others receive the existing value', async () => {
    const made = await Promise.all(
      ['commit', 'overtaken', 'commit', 'overtaken'].map((kind) => createOnce(store, KEY, { kind })),
    );
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    const winner = made.find(({ created }) => created)?.value;
    for (const { value } of made) expect(value).toEqual(winner);
    expect(await readJson(store, KEY)).toEqual(winner);
  });

  it('is ours if the write happened and the answer was lost', async () => {
    store.answer = async (write, ...put) => {
      await write(...put);
      throw timeout;
    };
    const made = await createOnce(store, KEY, { kind: 'commit' });
    expect(made).toMatchObject({ created: true, value: { kind: 'commit' } });
  });

  it('does not count as ours until it is synced', async () => {
    const full = new StoreError('The disk is full.', KEY);
    store.answer = async (write, ...put) => {
      await write(...put).catch(() => {});
      throw full;
    };
    await expect(createOnce(store, KEY, { kind: 'commit' })).rejects.toThrow(
      /not survive a power cut.*is full/,
    );
    await store.delete(KEY);

    let writes = 0;
    store.answer = async (write, ...put) => {
      writes += 1;
      await write(...put);
      if (writes === 1) throw full;
    };
    expect(await createOnce(store, KEY, { kind: 'commit' })).toMatchObject({ created: true });
    expect(writes).toBe(2);
  });

  it('is ours if the request was sent twice and the second found the first', async () => {
    store.answer = async (write, ...put) => {
      await write(...put);
      await write(...put);
    };
    const made = await createOnce(store, KEY, { kind: 'commit' });
    expect(made).toMatchObject({ created: true, value: { kind: 'commit' } });
  });

  it('belongs to the first writer, even if the values are equal and our answer was lost', async () => {
    const other = await createOnce(store, KEY, { kind: 'commit' });
    store.answer = async () => {
      throw timeout;
    };
    expect(await createOnce(store, KEY, { kind: 'commit' })).toEqual({ created: false, value: other.value });
  });

  it('is not ours if the existing value has no token', async () => {
    const value = { kind: 'commit' };
    await putJson(store, KEY, value);
    expect(await createOnce(store, KEY, { kind: 'commit' })).toEqual({ created: false, value });
  });

  it('is the original error if nothing was written', async () => {
    store.answer = async () => {
      throw timeout;
    };
    await expect(createOnce(store, KEY, { kind: 'commit' })).rejects.toBe(timeout);
    expect(await findJson(store, KEY)).toBeUndefined();
  });

  it("is an error, and never another writer's, if the existing value cannot be read", async () => {
    await createOnce(store, KEY, { kind: 'commit' });
    store.readable = false;
    const error = await createOnce(store, KEY, { kind: 'commit' }).catch((error) => error);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).not.toBeInstanceOf(KeyExistsError);
    expect(error.message).toMatch(
      /is unknown which process created attempts\/000\/decision\.json.*does not answer/,
    );

    store.readable = true;
    store.answer = async () => {
      await store.delete(KEY);
      throw new KeyExistsError(store, KEY);
    };
    const gone = await createOnce(store, KEY, { kind: 'commit' }).catch((error) => error);
    expect(gone).toBeInstanceOf(StoreError);
    expect(gone).not.toBeInstanceOf(KeyExistsError);
  });
});
