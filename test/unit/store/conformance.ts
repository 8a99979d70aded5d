import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readText } from '../../../src/store/json';
import { isKey } from '../../../src/store/key-syntax';
import { KeyExistsError, KeyNotFoundError, type Store, StoreError } from '../../../src/store/store';

/** What a test needs from a driver: a new, empty store, and its removal. */
export interface StoreUnderTest {
  store: Store;
  remove(): Promise<void>;
}

/** The requirements for every driver of a store, tested on real files or a real server. */
export function conformsToStorePort(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store`, () => {
    let store: Store;
    let made: StoreUnderTest;

    beforeAll(async () => {
      made = await make();
      store = made.store;
    });
    afterAll(async () => made?.remove());

    it('returns an empty value and a small one, as text and as bytes', async () => {
      await store.put('round/empty', '');
      await store.put('round/text', 'grüße\u2028👋\n');
      await store.put('round/bytes', new Uint8Array([0, 255, 10, 13]));
      expect(await readText(store, 'round/empty')).toBe('');
      expect(await readText(store, 'round/text')).toBe('grüße\u2028👋\n');
      expect(await bytes(store, 'round/bytes')).toEqual(Buffer.from([0, 255, 10, 13]));
      expect(await store.head('round/empty')).toMatchObject({ key: 'round/empty', size: 0 });
      const head = await store.head('round/bytes');
      expect(head).toMatchObject({ key: 'round/bytes', size: 4 });
      expect(Math.abs(Date.now() - (head?.modified.getTime() ?? 0))).toBeLessThan(60_000);
    });

    it.each([false, true])('returns an empty stream and 20 MB of stream (ifAbsent: %s)', async (ifAbsent) => {
      const key = `streams/${ifAbsent}`;
      await store.put(`${key}/empty`, chunksOf(0), { ifAbsent });
      expect((await bytes(store, `${key}/empty`)).length).toBe(0);
      await store.put(`${key}/long`, chunksOf(20_000_000), { ifAbsent });
      const [sent, got] = [createHash('sha256'), createHash('sha256')];
      for await (const chunk of chunksOf(20_000_000)) sent.update(chunk);
      for await (const chunk of await store.open(`${key}/long`)) got.update(chunk);
      expect(got.digest('hex')).toBe(sent.digest('hex'));
      expect((await store.head(`${key}/long`))?.size).toBe(20_000_000);
    });

    it('accepts a source that reuses one buffer', async () => {
      async function* source() {
        const buffer = Buffer.alloc(3);
        for (const char of 'abc') yield buffer.fill(char);
      }
      await store.put('reused', source());
      expect(await readText(store, 'reused')).toBe('aaabbbccc');
    });

    it('replaces a value by a longer and by a shorter one', async () => {
      for (const value of ['one', 'a longer value', '', 'x']) {
        await store.put('replaced', value);
        expect(await readText(store, 'replaced')).toBe(value);
      }
    });

    it('refuses to create an existing key, and leaves it unchanged', async () => {
      await store.put('standing', 'first', { ifAbsent: true });
      await expect(store.put('standing', 'second', { ifAbsent: true })).rejects.toThrow(KeyExistsError);
      await expect(store.put('standing', chunksOf(9_000_000), { ifAbsent: true })).rejects.toThrow(
        KeyExistsError,
      );
      expect(await readText(store, 'standing')).toBe('first');
    });

    it.each([
      ['small values', (text: string) => text],
      ['streams of many megabytes', (text: string) => chunksOf(9_000_000, text)],
    ])('lets one of eight racing creators win: %s', async (kind, source) => {
      for (let race = 0; race < 3; race++) {
        const key = `races/${kind.length}-${race}`;
        const racers = ['0', '1', '2', '3', '4', '5', '6', '7'];
        const ends = await Promise.allSettled(
          racers.map((i) => store.put(key, source(i), { ifAbsent: true })),
        );
        const winners = racers.filter((_, i) => ends[i]?.status === 'fulfilled');
        expect(winners).toHaveLength(1);
        for (const end of ends)
          if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(KeyExistsError);
        expect((await bytes(store, key)).toString('latin1', 0, 1)).toBe(winners[0]);
      }
    });

    it('reports a missing key before it returns a byte', async () => {
      await store.put('here/it/is', 'x');
      for (const key of ['nothing', 'here/it', 'here/it/is/below', 'a/b/c']) {
        await expect(store.open(key)).rejects.toThrow(KeyNotFoundError);
        await expect(store.open(key, { start: 0, end: 0 })).rejects.toThrow(KeyNotFoundError);
        await expect(store.open(key, { start: 3 })).rejects.toThrow(KeyNotFoundError);
        expect(await store.head(key)).toBeUndefined();
      }
    });

    it('reads ranges, also empty ones and those beyond the end', async () => {
      await store.put('ranges/ten', '0123456789');
      await store.put('ranges/empty', '');
      const range = async (start: number, end?: number, key = 'ranges/ten') =>
        (await bytes(store, key, { start, end })).toString();
      expect(await range(0)).toBe('0123456789');
      expect(await range(3)).toBe('3456789');
      expect(await range(3, 5)).toBe('34');
      expect(await range(9, 10)).toBe('9');
      expect(await range(4, 4)).toBe('');
      expect(await range(8, 99)).toBe('89');
      expect(await range(10)).toBe('');
      expect(await range(11, 12)).toBe('');
      expect(await range(0, undefined, 'ranges/empty')).toBe('');
      for (const bad of [{ start: -1 }, { start: 2, end: 1 }, { start: 0.5 }, { start: Number.NaN }]) {
        await expect(store.open('ranges/ten', bad)).rejects.toThrow(StoreError);
      }
    });

    it('lists keys below a folder in byte order, and no others', async () => {
      const expected = ['a-b', 'a.txt', 'a/b', 'a/c/d', 'a0', 'ab/x', 'z', 'é', '～', '😀'];
      for (const key of [...expected].reverse()) await store.put(`list/${key}`, 'x');
      await store.put('list-other', 'x');
      await store.put('lis', 'x');
      expect(await keysBelow(store, 'list/')).toEqual(expected.map((key) => `list/${key}`));
      expect(await keysBelow(store, 'list/a/')).toEqual(['list/a/b', 'list/a/c/d']);
      expect(await keysBelow(store, 'list/none/')).toEqual([]);
      expect(await keysBelow(store, 'list/z/')).toEqual([]);
      for await (const entry of store.list('list/a/')) {
        expect(entry.size).toBe(1);
        expect(entry.modified).toBeInstanceOf(Date);
      }
    });

    it('lists more keys than fit on one page of S3', async () => {
      const expected = Array.from({ length: 1_100 }, (_, i) => `many/${i % 7}/${String(i).padStart(5, '0')}`);
      for (let i = 0; i < expected.length; i += 50) {
        await Promise.all(expected.slice(i, i + 50).map((key) => store.put(key, '')));
      }
      expect(await keysBelow(store, 'many/')).toEqual(expected.sort());
    }, 120_000);

    it('lists the whole store, and stops when the reader stops', async () => {
      await store.put('whole/a', '');
      const all = await keysBelow(store, '');
      expect(all).toContain('whole/a');
      expect(all).toEqual([...all].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      expect(all.every(isKey)).toBe(true);
      for await (const entry of store.list('')) {
        expect(entry.key).toBe(all[0]);
        break;
      }
    });

    it('names the folders directly below, in byte order, as long as a key is in them', async () => {
      for (const key of ['b/x', 'b/y/z', 'a-c/x', 'a/x', 'file']) await store.put(`folders/${key}`, '');
      expect(await all(store.folders('folders/'))).toEqual(['a-c', 'a', 'b']);
      expect(await all(store.folders('folders/b/'))).toEqual(['y']);
      expect(await all(store.folders('folders/none/'))).toEqual([]);
      await store.delete('folders/b/y/z');
      expect(await all(store.folders('folders/b/'))).toEqual([]);
      await store.delete('folders/b/x');
      expect(await all(store.folders('folders/'))).toEqual(['a-c', 'a']);
    });

    it('deletes a key, and ignores a missing one', async () => {
      await store.put('deleted/a', 'x');
      await store.put('deleted/b', 'x');
      await store.delete('deleted/a');
      expect(await store.head('deleted/a')).toBeUndefined();
      expect(await keysBelow(store, 'deleted/')).toEqual(['deleted/b']);
      await store.delete('deleted/a');
      await store.delete('deleted/c/d');
      await store.put('deleted/a', 'again', { ifAbsent: true });
      expect(await readText(store, 'deleted/a')).toBe('again');
    });

    it.each([10, 30_000_000])(
      'keeps the previous value if the source throws after %i bytes',
      async (size) => {
        const key = `failing/${size}`;
        const broken = new Error('the source broke');
        async function* source() {
          yield* chunksOf(size);
          throw broken;
        }
        await expect(store.put(key, source())).rejects.toBe(broken);
        expect(await store.head(key)).toBeUndefined();
        await store.put(key, 'old');
        await expect(store.put(key, source())).rejects.toBe(broken);
        await expect(store.put(`${key}-new`, source(), { ifAbsent: true })).rejects.toBe(broken);
        expect(await readText(store, key)).toBe('old');
        expect(await keysBelow(store, 'failing/')).not.toContain(`${key}-new`);
      },
    );

    it('distinguishes similar keys', async () => {
      const odd = [
        'a%2Fb',
        'a%2fb',
        'a b',
        'a+b',
        'a&b=c?d#e',
        "a'b",
        'ä',
        'a\u0308',
        '日本',
        '👋',
        'a~b',
        'a:b',
        '%',
      ];
      for (const name of odd) await store.put(`odd/${name}/v`, name);
      for (const name of odd) expect(await readText(store, `odd/${name}/v`)).toBe(name);
      expect((await all(store.folders('odd/'))).sort()).toEqual([...odd].sort());
    });

    it('gives a reader one whole value, also if the key is replaced meanwhile', async () => {
      await store.put('read/replaced', chunksOf(3_000_000, 'a'));
      const reading = await store.open('read/replaced');
      const iterator = reading[Symbol.asyncIterator]();
      const first = await iterator.next();
      await store.put('read/replaced', chunksOf(2_000_000, 'b'));
      let size = first.value.length;
      const seen = new Set<number>(first.value);
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        size += next.value.length;
        for (const byte of next.value) seen.add(byte);
      }
      expect([...seen]).toEqual([97]);
      expect(size).toBe(3_000_000);
      expect((await bytes(store, 'read/replaced')).length).toBe(2_000_000);
    });

    it('works after readers that stopped early or never began', async () => {
      await store.put('read/left', chunksOf(5_000_000));
      for (let i = 0; i < 60; i++) {
        const reading = await store.open('read/left');
        if (i % 2 === 0) for await (const _ of reading) break;
        else await (reading as AsyncIterableIterator<Uint8Array>).return?.();
      }
      expect((await bytes(store, 'read/left')).length).toBe(5_000_000);
    });

    it.each([
      ['', 'empty'],
      ['..', 'above'],
      ['../x', 'above'],
      ['a/../../x', 'above'],
      ['/etc/passwd', 'absolute'],
      ['a//b', 'empty segment'],
      ['a/', 'a folder'],
      ['./a', 'here'],
      ['a\\b', 'backslash'],
      ['a\0b', 'NUL'],
      ['.tmp/x', "a store's own"],
      ['a\ud800', 'not Unicode'],
    ])('refuses the key %j (%s)', async (key) => {
      await expect(store.put(key, 'x')).rejects.toThrow(StoreError);
      await expect(store.open(key)).rejects.toThrow(StoreError);
      await expect(store.head(key)).rejects.toThrow(StoreError);
      await expect(store.delete(key)).rejects.toThrow(StoreError);
    });

    it.each(['..', '../', 'a/../', '/', 'a', 'a//', '\\/'])('refuses the prefix %j', async (prefix) => {
      await expect(all(store.list(prefix))).rejects.toThrow(StoreError);
      await expect(all(store.folders(prefix))).rejects.toThrow(StoreError);
    });
  });
}

/** A stream of `size` bytes in chunks of odd lengths, of the text's bytes or of varying ones. */
export async function* chunksOf(size: number, text?: string): AsyncGenerator<Uint8Array> {
  for (let at = 0, length = 1; at < size; at += length, length = Math.min(length * 3, 100_003)) {
    length = Math.min(length, size - at);
    yield text === undefined ? Buffer.alloc(length, `${at.toString(36)}-`) : Buffer.alloc(length, text);
  }
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

export const keysBelow = async (store: Store, prefix: string) =>
  (await all(store.list(prefix))).map((entry) => entry.key);

async function bytes(store: Store, key: string, range?: { start: number; end?: number }): Promise<Buffer> {
  return Buffer.concat(await all(await store.open(key, range)));
}
