import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileStore } from '../../../src/store/file/file-store';
import { Temporaries } from '../../../src/store/file/temporaries';
import { readText } from '../../../src/store/json';
import { KeyExistsError } from '../../../src/store/store';
import { compiledFileStore } from './compiled';
import { keysBelow } from './conformance';

const canMount = mayMount();

describe('FileStore, used by several processes', () => {
  let folder: string;
  let module: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'store-processes-'));
    module = await compiledFileStore(join(folder, 'compiled'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const script = (root: string, body: string) =>
    `const { FileStore } = require(${JSON.stringify(module)});
     const ROOT = ${JSON.stringify(root)};
     const store = new FileStore(ROOT);
     (async () => { ${body} })().catch((error) => { console.error(error); process.exitCode = 1; });`;

  /** What the script printed, as JSON. */
  async function ran(child: ChildProcess): Promise<unknown> {
    let [out, err] = ['', ''];
    child.stdout?.on('data', (data) => {
      out += data;
    });
    child.stderr?.on('data', (data) => {
      err += data;
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`The child ended with ${code}: ${err}`);
    return JSON.parse(out);
  }

  it('lets one of eight racing processes create each key', async () => {
    const root = join(folder, 'races');
    const start = Date.now() + 1_500;
    const wins = (await Promise.all(
      Array.from({ length: 8 }, (_, racer) =>
        ran(
          spawn(process.execPath, [
            '-e',
            script(
              root,
              `const won = [];
               while (Date.now() < ${start});
               for (let i = 0; i < 60; i++) {
                 const key = 'race/' + (i >> 2) + '/' + i;
                 await store.put(key, '${racer}', { ifAbsent: true }).then(() => won.push(key), (error) => {
                   if (error.name !== 'KeyExistsError') throw error;
                 });
               }
               console.log(JSON.stringify(won));`,
            ),
          ]),
        ),
      ),
    )) as string[][];
    const store = new FileStore(root);
    const keys = await keysBelow(store, 'race/');
    expect(keys).toHaveLength(60);
    expect(wins.flat().sort()).toEqual([...keys].sort());
    for (const [racer, won] of wins.entries()) {
      for (const key of won) expect(await readText(store, key)).toBe(String(racer));
    }
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  }, 60_000);

  it('keeps unfinished files of live processes, and those of other machines for a day', async () => {
    const root = join(folder, 'shared');
    const store = new FileStore(root);
    await store.put('a/value', 'whole');
    const temporaries = join(root, '.tmp');
    const writing = new Temporaries(root).path();
    const parent = writing.replace(`.${process.pid}.`, `.${process.ppid}.`);
    const elsewhere = join(temporaries, 'other-host.1.file');
    const old = join(temporaries, 'other-host.1.old');
    for (const path of [writing, parent, elsewhere, old]) await writeFile(path, 'part');
    const dayAgo = Date.now() / 1000 - 25 * 60 * 60;
    await utimes(old, dayAgo, dayAgo);
    await FileStore.open(root);
    const left = [writing, parent, elsewhere].map((path) => basename(path)).sort();
    expect((await readdir(temporaries)).sort()).toEqual(left);
  });

  it('shows nothing of a value whose writer was killed, and the next start on that machine removes its file', async () => {
    const root = join(folder, 'killed');
    const child = spawn(process.execPath, [
      '-e',
      script(
        root,
        `async function* source() {
           yield Buffer.alloc(3_000_000);
           console.log('writing');
           await new Promise((done) => setTimeout(done, 60_000));
         }
         await store.put('a/value', source());`,
      ),
    ]);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');

    const store = await FileStore.open(root);
    expect(await keysBelow(store, '')).toEqual([]);
    expect(await store.head('a/value')).toBeUndefined();
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
    await store.put('a/value', 'whole', { ifAbsent: true });
    expect(await readText(store, 'a/value')).toBe('whole');
  }, 60_000);

  // Just before, or just after, a complete temporary file gets its name.
  it.each([
    ['before a new key is linked', 'link', 'before', { ifAbsent: true }],
    ['after a new key was linked', 'link', 'after', { ifAbsent: true }],
    ['before a key is replaced', 'rename', 'before', {}],
    ['after a key was replaced', 'rename', 'after', {}],
  ] as const)('has the whole old or new value if a writer was killed %s', async (_, call, when, options) => {
    const root = join(folder, `${call}-${when}`);
    const store = new FileStore(root);
    const replaced = call === 'rename';
    if (replaced) await store.put('a/value', 'old');
    const child = spawn(process.execPath, [
      '-e',
      script(
        root,
        `const fs = require('node:fs/promises');
         const real = fs.${call};
         fs.${call} = async (...args) => {
           if ('${when}' === 'after') await real(...args);
           process.kill(process.pid, 'SIGKILL');
           await new Promise(() => {});
         };
         await store.put('a/value', Buffer.alloc(300_000, 'new'), ${JSON.stringify(options)});`,
      ),
    ]);
    const [, signal] = await once(child, 'close');
    expect(signal).toBe('SIGKILL');

    const whole = 'new'.repeat(100_000);
    if (when === 'after') {
      expect(await readText(store, 'a/value')).toBe(whole);
      await expect(store.put('a/value', 'late', { ifAbsent: true })).rejects.toThrow(KeyExistsError);
    } else if (replaced) {
      expect(await readText(store, 'a/value')).toBe('old');
    } else {
      expect(await store.head('a/value')).toBeUndefined();
      expect(await keysBelow(store, '')).toEqual([]);
      await store.put('a/value', 'next', { ifAbsent: true });
      expect(await readText(store, 'a/value')).toBe('next');
    }
    // Its temporary file is never a key.
    expect(await keysBelow(store, '')).toEqual(['a/value']);
  });

  it.skipIf(process.platform === 'win32')('closes the files of abandoned readers', async () => {
    const root = join(folder, 'dropped');
    await new FileStore(root).put('value', 'x');
    const open = await ran(
      spawn(process.execPath, [
        '--expose-gc',
        '-e',
        script(
          root,
          `const { readdirSync } = require('node:fs');
           const count = () => readdirSync('/dev/fd').length;
           const before = count();
           for (let i = 0; i < 50; i++) await store.open('value');
           const during = count();
           for (let i = 0; i < 20 && count() > before; i++) {
             await new Promise((done) => setTimeout(done, 50));
             gc();
           }
           console.log(JSON.stringify({ before, during, after: count() }));`,
        ),
      ]),
    );
    const { before, during, after } = open as Record<string, number>;
    expect(during).toBeGreaterThan(before!);
    expect(after).toBeLessThanOrEqual(before!);
  });

  it.skipIf(process.platform === 'win32')(
    'leaves nothing of a value that could not be written completely',
    async () => {
      const root = join(folder, 'limited');
      const store = new FileStore(root);
      await store.put('value', 'old');
      const message = await ran(
        spawn('sh', [
          '-c',
          // In units of 1024 or 512 bytes, which is less than the written value in both cases.
          'ulimit -f 1000 && exec "$0" -e "$1"',
          process.execPath,
          script(
            root,
            `const error = await store.put('value', Buffer.alloc(3_000_000)).catch((error) => error);
           console.log(JSON.stringify([error.name, error.message, error.key, error.cause.code]));`,
          ),
        ]),
      );
      expect(message).toEqual([
        'StoreError',
        expect.stringMatching(/^Could not write value in the store .*limited: .*EFBIG.*ulimit/),
        'value',
        'EFBIG',
      ]);
      expect(await readText(store, 'value')).toBe('old');
      expect(await readdir(join(root, '.tmp'))).toEqual([]);
    },
  );

  // A mount that is visible only to the child, and ends with it.
  const mounting = (how: string, body: string) =>
    spawn('unshare', [
      '-rm',
      'sh',
      '-c',
      `mkdir -p "$2" && mount -t tmpfs -o size=2m none "$2" && ${how} exec "$0" -e "$1"`,
      process.execPath,
      script(join(folder, 'mounted'), body),
      join(folder, 'mounted'),
    ]);

  it.skipIf(!canMount)('damages nothing on a full disk, and works again when there is space', async () => {
    const seen = await ran(
      mounting(
        '',
        `const { readdirSync } = require('node:fs');
         const text = async (key) => { let t = ''; for await (const c of await store.open(key)) t += c; return t; };
         await store.put('kept', 'old');
         await store.put('filler', Buffer.alloc(1_000_000));
         const put = (key, options) => store.put(key, Buffer.alloc(1_500_000), options).catch((error) => error);
         const errors = [await put('kept'), await put('new/key', { ifAbsent: true })];
         const left = readdirSync(ROOT + '/.tmp');
         const kept = await text('kept');
         await store.delete('filler');
         console.log(JSON.stringify({
           messages: errors.map((error) => error.message),
           codes: errors.map((error) => error.cause.code),
           left, kept, later: await put('new/key', { ifAbsent: true }) ?? 'written',
         }));`,
      ),
    );
    expect(seen).toEqual({
      messages: [
        expect.stringMatching(/write kept .*disk is full.*Free/),
        expect.stringMatching(/write new\/key .*full/),
      ],
      codes: ['ENOSPC', 'ENOSPC'],
      left: [],
      kept: 'old',
      later: 'written',
    });
  });

  it.skipIf(!canMount)('reads from a read-only file system, and says why it cannot write', async () => {
    const seen = await ran(
      mounting(
        'echo -n old > "$2/kept" && mount -o remount,ro "$2" &&',
        `const opened = await FileStore.open(ROOT);
         let kept = '';
         for await (const chunk of await opened.open('kept')) kept += chunk;
         const failed = (step) => step.then(() => 'done', (error) => error.message);
         console.log(JSON.stringify([kept, await failed(opened.put('kept', 'new')), await failed(opened.delete('kept'))]));`,
      ),
    );
    expect(seen).toEqual([
      'old',
      expect.stringMatching(/write kept .*read-only.*EROFS.*writable/),
      expect.stringMatching(/delete kept .*read-only/),
    ]);
  });
});

/** Whether this machine allows a mount for one process. */
function mayMount(): boolean {
  const { status } = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt']);
  return status === 0;
}
