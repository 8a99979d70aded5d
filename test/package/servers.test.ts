import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { runCommand, ServerNotFoundError, startChild, temporalServer, versitygw } from '../../src/servers';
import { fillCache } from '../../src/servers/cache';
import { eventually } from '../support/eventually';
import { root } from '../support/root';
import { tempDir } from '../support/temp-dir';

let dir: string;
const said: string[] = [];
const log = (message: string) => void said.push(message);

beforeEach(async () => {
  dir = await tempDir();
  said.length = 0;
  vi.stubEnv('TEMPORAL_ANTHROPIC_BATCH_CACHE', join(dir, 'cache'));
  // The tools that a shell needs, without Go and Temporal.
  vi.stubEnv('PATH', join(dir, 'bin'));
  vi.stubEnv('TEMPORAL_CLI_PATH', '');
  vi.stubEnv('VERSITYGW_PATH', '');
  await mkdir(join(dir, 'bin'));
  return () => vi.unstubAllEnvs();
});

async function executable(path: string, script = ''): Promise<string> {
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

describe('finding a server', () => {
  it('uses the environment variable first and says so', async () => {
    const path = await executable(join(dir, 'my-temporal'));
    vi.stubEnv('TEMPORAL_CLI_PATH', path);
    expect(await temporalServer({ log })).toBe(path);
    expect(said).toEqual([`Temporal CLI: ${path} (the environment variable TEMPORAL_CLI_PATH)`]);
  });

  it('does not search elsewhere if the environment variable is wrong', async () => {
    await executable(join(dir, 'bin', 'temporal'));
    vi.stubEnv('TEMPORAL_CLI_PATH', join(dir, 'nothing'));
    await expect(temporalServer({ log })).rejects.toThrow(/TEMPORAL_CLI_PATH is .*nothing, which is not an/);
  });

  it('uses PATH', async () => {
    const path = await executable(join(dir, 'bin', 'temporal'));
    expect(await temporalServer({ log })).toBe(path);
    expect(said).toEqual([`Temporal CLI: ${path} (temporal on PATH)`]);
  });

  it('builds once and keeps the result', async () => {
    await executable(join(dir, 'bin', 'go'), `[ "$1" = version ] || echo built > "$GOBIN/versitygw"`);
    const path = await versitygw({ log });
    expect(await readFile(path, 'utf8')).toBe('built\n');
    expect(said.join('\n')).toMatch(/Building with "go install .*versitygw@.*about 2 min/);
    expect(await versitygw({ log })).toBe(path);
    expect(said.at(-1)).toMatch(/an earlier download or build/);
  });

  it('says what was tried and what to install if nothing worked, and leaves nothing behind', async () => {
    await executable(join(dir, 'bin', 'go'), '[ "$1" = version ] || { echo no network >&2; exit 1; }');
    const error = await versitygw({ log }).catch((e) => e);
    expect(error).toBeInstanceOf(ServerNotFoundError);
    expect(
      error.message,
    ).toBe(`There is no S3 server (versitygw) on this machine, and no way to get it worked:
  - the environment variable VERSITYGW_PATH: not set
  - an earlier download or build: none kept
  - versitygw on PATH: not found
  - go install github.com/versity/versitygw/cmd/versitygw@v1.8.0: go failed: no network
What to do: install Go 1.24 or later, or set VERSITYGW_PATH to a versitygw executable.`);
    expect(await readdir(join(dir, 'cache'))).toEqual([]);
  });
});

describe('the cache', () => {
  it('two processes that fill an entry concurrently both get one whole entry', async () => {
    const fill = (text: string) =>
      fillCache('entry', 'file', async (folder) => {
        await writeFile(join(folder, 'file'), text);
        await writeFile(join(folder, 'other'), text);
      });
    const paths = await Promise.all(['a', 'b', 'c'].map(fill));
    expect(new Set(paths).size).toBe(1);
    const path = paths[0] as string;
    expect(await readFile(path, 'utf8')).toBe(await readFile(join(path, '..', 'other'), 'utf8'));
    expect(await readdir(join(dir, 'cache'))).toEqual(['entry']);
  });
});

describe('a child process', () => {
  it('does not outlive its parent, even one killed with -9', async () => {
    vi.unstubAllEnvs();
    const program = `require('${join(root, 'dist/src/servers')}').startChild('sleep', ['600']).then((child) => console.log(child.pid))`;
    const parent = await startChild(process.execPath, ['-e', program]);
    const pid = Number(await eventually(() => parent.stdout.trim() || undefined));
    expect(await isRunning(pid)).toBe(true);
    await parent.kill();
    await eventually(async () => !(await isRunning(pid)), { timeout: 5_000 });
  });

  it('is killed after a time limit', async () => {
    vi.unstubAllEnvs();
    const result = await runCommand('sleep', ['600'], { timeout: 100 });
    expect(result).toMatchObject({ timedOut: true, code: 'SIGKILL' });
  });
});

/** A process that has ended but was not reaped does not count. */
async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await runCommand('ps', ['-o', 'stat=', '-p', String(pid)], { timeout: 5_000 });
  return /^[^Z]/.test(stdout.trim());
}
