import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileError } from '../../../src/store/file/file-errors';
import { FileStore } from '../../../src/store/file/file-store';
import { readText } from '../../../src/store/json';
import { DamagedKeyError, KeyExistsError, KeyNotFoundError, StoreError } from '../../../src/store/store';
import { makeFifo } from '../../support/fifo';
import { all, chunksOf, keysBelow } from './conformance';

describe('FileStore', () => {
  let folder: string;
  let root: string;
  let outside: string;
  let store: FileStore;

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'store-')));
    root = join(folder, 'root');
    outside = join(folder, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    store = new FileStore(root);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('creates nothing until the first write, and is empty until then', async () => {
    store = await FileStore.open(root);
    expect(await keysBelow(store, '')).toEqual([]);
    expect(await all(store.folders('jobs/'))).toEqual([]);
    expect(await store.head('a')).toBeUndefined();
    await store.delete('a/b');
    expect(await readdir(folder)).toEqual(['outside']);
  });

  it('accepts a path relative to the current folder, and shows its location as the user wrote it', async () => {
    const given = relative(process.cwd(), root);
    store = new FileStore(given);
    await store.put('a', 'x');
    expect(store.location).toBe(given);
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('x');
  });

  it.skipIf(process.platform === 'win32')(
    'creates files and folders that other users cannot read',
    async () => {
      await store.put('jobs/a/value', 'x');
      await store.put('jobs/a/stream', chunksOf(10), { ifAbsent: true });
      const mode = async (path: string) => (await stat(join(root, path))).mode & 0o777;
      for (const path of ['', 'jobs', 'jobs/a', '.tmp']) expect(await mode(path)).toBe(0o700);
      for (const path of ['jobs/a/value', 'jobs/a/stream']) expect(await mode(path)).toBe(0o600);
    },
  );

  it('leaves no temporary file behind', async () => {
    await store.put('a', 'x');
    await store.put('a', 'y');
    await store.put('b', 'x', { ifAbsent: true });
    await store.put('b', 'y', { ifAbsent: true }).catch(() => {});
    await store.put('c', failing()).catch(() => {});
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  it('hides a value until it is completely written', async () => {
    async function* source() {
      yield Buffer.alloc(1_000_000);
      expect(await keysBelow(store, '')).toEqual([]);
      expect(await store.head('jobs/a')).toBeUndefined();
    }
    await store.put('jobs/a', source());
    expect(await keysBelow(store, '')).toEqual(['jobs/a']);
  });

  it('does not touch foreign files', async () => {
    await store.put('a', 'x');
    await writeFile(join(root, '.DS_Store'), '');
    expect(await keysBelow(store, '')).toEqual(['a']);
  });

  it('removes folders that become empty, and loses no write concurrent with a delete', async () => {
    await store.put('jobs/a/b/c', 'x');
    await store.delete('jobs/a/b/c');
    expect((await readdir(root)).filter((name) => name !== '.tmp')).toEqual([]);
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; i < 60; i++) {
        const key = `deep/er/${writer}`;
        await store.put(key, String(i), { ifAbsent: i % 2 === 0 });
        expect(await readText(store, key)).toBe(String(i));
        await store.delete(key);
      }
    });
    await Promise.all(writers);
    expect(await keysBelow(store, '')).toEqual([]);
  });

  it('works if the root itself is a link', async () => {
    await symlink(outside, root);
    await store.put('jobs/a', 'x');
    expect(await readFile(join(outside, 'jobs', 'a'), 'utf8')).toBe('x');
    expect(await keysBelow(store, 'jobs/')).toEqual(['jobs/a']);
    expect(await readText(store, 'jobs/a')).toBe('x');
  });

  it('follows no folder link out of the root', async () => {
    await mkdir(root);
    await symlink(outside, join(root, 'jobs'));
    for (const key of ['jobs/secret', 'jobs/new', 'jobs/deep/er']) {
      await expect(store.put(key, 'x')).rejects.toThrow(/symbolic link/);
      await expect(store.put(key, 'x', { ifAbsent: true })).rejects.toThrow(StoreError);
    }
    await expect(store.open('jobs/secret')).rejects.toThrow(/symbolic link/);
    await expect(store.head('jobs/secret')).rejects.toThrow(/symbolic link/);
    await expect(store.delete('jobs/secret')).rejects.toThrow(/symbolic link/);
    await expect(keysBelow(store, 'jobs/')).rejects.toThrow(/symbolic link/);
    await expect(keysBelow(store, '')).rejects.toThrow(/symbolic link/);
    expect(await readdir(outside)).toEqual(['secret']);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('follows no file link out of the root, and replaces the link without touching its target', async () => {
    await mkdir(root);
    await symlink(join(outside, 'secret'), join(root, 'value'));
    await expect(store.open('value')).rejects.toThrow(/symbolic link/);
    await expect(store.head('value')).rejects.toThrow(/symbolic link/);
    await store.put('value', 'ours');
    expect(await readText(store, 'value')).toBe('ours');
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('does not wait for a FIFO, so that any number of them leaves all threads free', async () => {
    await store.put('good', 'x');
    const names = Array.from({ length: 8 }, (_, index) => `jobs/fifo-${index}`);
    await mkdir(join(root, 'jobs'));
    for (const name of names) await makeFifo(join(root, name));
    const opened = await Promise.allSettled(names.map((name) => store.open(name)));
    expect(opened.map((one) => one.status === 'rejected' && one.reason)).toEqual(
      names.map((name) =>
        expect.objectContaining({
          name: 'DamagedKeyError',
          key: name,
          problem: 'it is a FIFO, not a regular file',
        }),
      ),
    );
    expect(await readText(store, 'good')).toBe('x');
    expect(await store.head(names[0]!)).toBeUndefined();
    expect(await keysBelow(store, '')).toEqual(['good']);
    await expect(store.put(names[0]!, 'x', { ifAbsent: true })).rejects.toThrow(KeyExistsError);
    await expect(store.put(`${names[0]}/below`, 'x')).rejects.toThrow(StoreError);
  });

  it('does not read sockets, and does not treat a folder as a key', async () => {
    await mkdir(root);
    const server = createServer().listen(join(root, 'socket'));
    await once(server, 'listening');
    await expect(store.open('socket')).rejects.toThrow(DamagedKeyError);
    server.close();
    await mkdir(join(root, 'folder'));
    await expect(store.open('folder')).rejects.toThrow(KeyNotFoundError);
  });

  it('reports the key, the failure and what to do next', () => {
    for (const [code, advice] of Object.entries({
      ENOSPC: /disk is full.*Free some space/,
      EROFS: /read-only.*writable/,
      EACCES: /permission denied.*owner/,
      EPERM: /not permitted.*hard links/,
      EMFILE: /too many open files/,
      EXDEV: /hard links/,
      EIO: /EIO: i\/o error/,
    })) {
      const cause = Object.assign(new Error(`${code}: i/o error`), { code });
      const error = fileError(store, 'jobs/a/value', 'write', cause);
      expect(error).toMatchObject({ name: 'StoreError', key: 'jobs/a/value', cause });
      expect(error.message).toContain(`Could not write jobs/a/value in the store ${root}: `);
      expect(error.message).toMatch(advice);
      expect(error.message).toContain(code);
    }
  });

  it('reports a file in place of a folder', async () => {
    await store.put('jobs', 'a file');
    const error = await store.put('jobs/a', 'x').catch((error) => error);
    expect(error).toBeInstanceOf(StoreError);
    expect(error.message).toContain('jobs/a');
    expect(await readText(store, 'jobs')).toBe('a file');
  });
});

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(1_000_000);
  throw new Error('the source broke');
}
