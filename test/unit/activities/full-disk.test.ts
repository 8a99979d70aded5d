import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createActivities } from '../../../activities';
import type { JobRef } from '../../../src/job/job';
import { submissionTimes } from '../../../src/job/protocol/submission';
import { normalizeSpec } from '../../../src/job-spec/normalize';
import { storeId } from '../../../src/records/identity';
import { keys } from '../../../src/records/keys';
import { writeSpec } from '../../../src/records/stored-spec';
import { FileStore } from '../../../src/store/file/file-store';
import { readText } from '../../../src/store/json';
import type { Store } from '../../../src/store/store';
import { keysBelow } from '../store/conformance';
import { FullDisk } from '../store/full-disk';
import { Rounds } from './rounds';
import { environment } from './support';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'full-disk-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The contents of a store, without random values and reports of failures. */
async function contents(store: Store): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const key of await keysBelow(store, '')) {
    if (key === keys.store || /\/(problems|attempts)\//.test(key)) continue;
    all.set(key, await readText(store, key));
  }
  return all;
}

type Step = (store: Store) => Promise<unknown>;

/** Writes what a step needs into a store, and returns the step, which runs over that store or another. */
type World = (store: Store) => Promise<Step>;

const newStore = async () => new FileStore(await mkdtemp(join(folder, 'store-')));

const planning: World = async (store) => {
  const job: JobRef = { id: 'job', instance: 'i', store: await storeId(store) };
  const template = {
    model: 'claude-haiku-5-5',
    max_tokens: 9,
    messages: [{ role: 'user', content: '{{text}}' }],
  };
  const source = { kind: 'input', format: 'jsonl' } as const;
  await writeSpec(store, job, normalizeSpec({ template, chunkSize: 2 }, { id: job.id, source }));
  await store.put(keys.input(job, 'jsonl'), '{"text":"a"}\n{"text":"b"}\n{"text":"a"}\n');
  return async (disk) => {
    const anthropic = () => {
      throw new Error('Planning asks nothing of the API.');
    };
    const { anthropicPlan, anthropicFindEqual } = createActivities({
      store: disk,
      anthropic,
      builders: {},
      times: submissionTimes(),
      notifyBudget: async () => 0,
      isRunning: async () => true,
    });
    await environment().run(anthropicPlan, { job });
    await environment().run(anthropicFindEqual, { job, chunks: 2, documents: 3 });
  };
};

async function bought(store: Store) {
  const rounds = await Rounds.of(store, [true, true]);
  const batch = await rounds.bought(0, [
    [1, 'overloaded_error'],
    [0, 'answer'],
  ]);
  return { rounds, retrieve: (disk: Store) => rounds.retrieve(0, batch, true, disk) };
}

const retrieving: World = async (store) => (await bought(store)).retrieve;

const joining: World = async (store) => {
  const { rounds, retrieve } = await bought(store);
  await retrieve(store);
  return (disk) => rounds.finish(disk);
};

/** A step that is repeated gives files that it had written before other names, which its records name. */
function withPlainNames(files: ReadonlyMap<string, string>): Map<string, string> {
  const draft = /(\.\d+)?\.[0-9a-f]{8}(?=\.jsonl|$)/;
  const [plain, drafts] = [false, true].map((is) => [...files].filter(([key]) => draft.test(key) === is));
  return new Map(
    [...plain!, ...drafts!].map(([key, text]) => [
      key.replace(draft, ''),
      text.replace(/"draft":"[0-9a-f]{8}",/, '').replace(/(\/\d{6})\.\d+\.[0-9a-f]{8}\.jsonl/, '$1.jsonl'),
    ]),
  );
}

test.each<[string, World, number]>([
  ['planning', planning, 12],
  ['retrieving', retrieving, 3],
  ['joining', joining, 2],
])(
  '%s damages nothing if the disk is full at any of its writes, and completes when it is retried',
  async (_, world, writes) => {
    const reference = await newStore();
    await (await world(reference))(reference);
    const whole = await contents(reference);

    for (let at = 1; at <= writes; at += 1) {
      const store = await newStore();
      const step = await world(store);
      const before = await contents(store);
      const disk = new FullDisk(store, at);
      await expect(step(disk.store)).rejects.toThrow(/disk is full/);
      const left = await contents(store);
      for (const [key, text] of before) expect(left.get(key), key).toBe(text);
      // Everything that the step had written by then is whole.
      for (const [key, text] of left) expect(whole.get(key), key).toBe(text);
      expect(left.has(disk.failed!)).toBe(before.has(disk.failed!));

      await step(store);
      expect(withPlainNames(await contents(store))).toEqual(whole);
    }
    // No further write could have failed.
    const store = await newStore();
    await (await world(store))(new FullDisk(store, writes + 1).store);
  },
  60_000,
);
