import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileStore } from '../../../src/store/file/file-store';
import { readText } from '../../../src/store/json';
import { lazyStore } from '../../../src/store/lazy';
import { openStore } from '../../../src/store/location';
import { S3Store } from '../../../src/store/s3/s3-store';
import { StoreLocationError } from '../../../src/store/store';

describe('openStore', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'store location '));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('opens a folder by its path and by its URL', async () => {
    await (await openStore(folder)).put('a', 'x');
    const byUrl = await openStore(pathToFileURL(folder).href);
    expect(byUrl).toBeInstanceOf(FileStore);
    expect(await readText(byUrl, 'a')).toBe('x');
    expect((await openStore('.anthropic-batch')).location).toBe('.anthropic-batch');
  });

  it('opens a bucket without a request', async () => {
    for (const location of ['s3://bucket', 's3://bucket/', 's3://bucket/a/b/']) {
      const store = await openStore(location);
      expect(store).toBeInstanceOf(S3Store);
      expect(store.location).toBe(location);
    }
  });

  it('returns a store unchanged', async () => {
    const store = new FileStore(folder);
    expect(await openStore(store)).toBe(store);
  });

  it.each(['', 'gs://bucket', 'https://example.com/x', 'redis:x'])(
    'refuses %j and says what is allowed',
    async (location) => {
      await expect(openStore(location)).rejects.toThrow(
        /".anthropic-batch".*file: URL.*s3:\/\/bucket\/prefix/,
      );
    },
  );

  it.each(['file://host/folder', 'file:///a%2Fb'])(
    'refuses %j as a URL of no local folder',
    async (location) => {
      const refused = expect(openStore(location)).rejects;
      await refused.toThrow(StoreLocationError);
      await refused.toThrow(/^`store` must be the URL of a local folder, such as "file:\/\/\//);
    },
  );

  it.each(['s3://', 's3:///prefix', 's3:bucket', 's3://bucket/a//b', 's3://bucket/../b'])(
    'refuses %j as an invalid location in S3',
    async (location) => {
      await expect(openStore(location)).rejects.toThrow(/not an S3 location.*s3:\/\/bucket\/prefix/);
    },
  );

  it.each(['', 'ftp://host/folder', 'file://host/folder', 's3://'])(
    'names the option if %j is given for inputs',
    (location) => {
      expect(() => lazyStore(location, 'inputs')).toThrow(StoreLocationError);
      expect(() => lazyStore(location, 'inputs')).toThrow(/^`inputs` (must|cannot) be /);
    },
  );
});
