import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../../src/cli/program';
import { FileStore } from '../../../src/store/file/file-store';
import { putResults } from '../../support/chunks';
import { makeFifo } from '../../support/fifo';
import { tempDir } from '../../support/temp-dir';
import { writeJob } from '../client/costed-jobs';

const LINES = '{"id":"a","status":"succeeded"}\n{"id":"b","status":"errored"}\n';

let dir: string;
let folder: string;

beforeEach(async () => {
  dir = await tempDir();
  folder = join(await tempDir(), 'out');
  await mkdir(folder);
  const store = new FileStore(dir);
  await writeJob(store, {});
  await putResults(store, { id: 'job', instance: 'first' }, 0, LINES);
  // No server listens there, so only the store is read.
  vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:1');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function resultsTo(file: string) {
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((data) => said.push(String(data)) > 0);
  const code = await run(['results', 'job', '--store', dir, '--out', file]);
  return { code, err: said.join('') };
}

const modeOf = async (path: string) => (await lstat(path)).mode & 0o777;

describe('results --out', () => {
  it('writes a file that only its user can read, and leaves no other file', async () => {
    const file = join(folder, 'new.jsonl');
    expect(await resultsTo(file)).toMatchObject({ code: 0 });
    expect(await readFile(file, 'utf8')).toBe(LINES);
    expect(await modeOf(file)).toBe(0o600);
    expect(await readdir(folder)).toEqual(['new.jsonl']);
  });

  it('never writes through a link with the name of the file or of its partial file', async () => {
    const victim = join(folder, 'victim');
    await writeFile(victim, 'precious');
    const file = join(folder, 'linked.jsonl');
    await symlink(victim, file);
    await symlink(victim, `${file}.partial`);
    expect(await resultsTo(file)).toMatchObject({ code: 0 });
    expect(await readFile(victim, 'utf8')).toBe('precious');
    expect((await lstat(file)).isFile()).toBe(true);
    expect(await readFile(file, 'utf8')).toBe(LINES);
    expect(await readdir(folder)).toEqual(['linked.jsonl', 'linked.jsonl.partial', 'victim']);
  });

  it('replaces a file, and restricts its mode', async () => {
    const file = join(folder, 'old.jsonl');
    await writeFile(file, 'old');
    await chmod(file, 0o644);
    await resultsTo(file);
    expect([await readFile(file, 'utf8'), await modeOf(file)]).toEqual([LINES, 0o600]);
  });

  it.each(['a FIFO', 'a folder', 'a device behind a link'])(
    'refuses %s and leaves it unchanged',
    async (kind) => {
      const file = join(folder, 'odd');
      if (kind === 'a FIFO') await makeFifo(file);
      else if (kind === 'a folder') await mkdir(file);
      else await symlink('/dev/null', file);
      const before = await stat(file);
      const { code, err } = await resultsTo(file);
      expect([code, err]).toEqual([
        2,
        expect.stringContaining(`The file ${file} cannot be written: it is not a regular file.`),
      ]);
      expect((await stat(file)).ino).toBe(before.ino);
      expect(await readdir(folder)).toEqual(['odd']);
    },
  );

  it('reports a missing folder', async () => {
    const { code, err } = await resultsTo(join(folder, 'none', 'x.jsonl'));
    expect([code, err]).toEqual([2, expect.stringMatching(/x\.jsonl cannot be written: ENOENT/)]);
  });
});
