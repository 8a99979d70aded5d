import { FileStore, StoreError } from 'temporal-anthropic-batch';
import { describe, expect, test } from 'vitest';
import { runCli } from '../support/cli';
import { eventually } from '../support/eventually';
import { documents, jobWorld, runWorker } from '../support/job-world';
import { storeWith } from '../support/store-with';

/** A store that does not write matching keys until it is repaired. */
function failingStore(folder: string, keys: RegExp) {
  const files = new FileStore(folder);
  let broken = true;
  const store = storeWith(files, {
    put: async (key, ...rest) => {
      if (broken && keys.test(key)) throw new StoreError(`The disk of ${key} is on strike.`, key);
      return files.put(key, ...rest);
    },
  });
  return {
    store,
    mend: () => {
      broken = false;
    },
  };
}

describe.concurrent('a step that fails repeatedly', () => {
  test.each([
    ['of the job', /^jobs\/[^/]*\/[^/]*\/summary\.json$/, '', 'anthropicFinishJob'],
    ['of a chunk', /results\/000000\.jsonl$/, 'chunk-0 ', 'anthropicFinishChunk'],
  ])('%s is shown by status, with the number of attempts and the reason', async (_, keys, part, step) => {
    const world = await jobWorld();
    const { store, mend } = failingStore(world.store, keys);
    await runWorker(world, { store });
    const job = await world.start({ input: { documents: documents(3) } });
    const [retrying] = await eventually(async () => {
      const steps = await job.retrying();
      return steps.some(({ attempt }) => attempt >= 3) && steps;
    });
    expect(retrying).toEqual({
      workflow: part === '' ? job.id : `${job.id}/chunk-0`,
      step,
      attempt: expect.any(Number),
      failure: expect.stringMatching(/^The disk of .* is on strike\.$/),
    });
    const options = {
      env: world.server.env,
      cwd: world.store,
    };
    const { code, stdout } = await runCli(
      ['status', job.id, '--store', world.store, '--task-queue', world.taskQueue],
      options,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^retrying +${part}${step}, attempt \\d+: The disk of .* is on strike\\.$`, 'm'),
    );
    mend();
    expect(await job.result()).toMatchObject({ succeeded: 3 });
    expect(await job.retrying()).toEqual([]);
  });
});
