import { expect, test } from 'vitest';
import type { Batch, BatchesApi } from '../../../src/anthropic/api';
import { batchesApi } from '../../../src/anthropic/batches';
import type { SubmitOutcome } from '../../../src/job/activity-types';
import type { ChunkSummary } from '../../../src/job/job';
import { keys } from '../../../src/records/keys';
import { resultsText } from '../../support/chunks';
import { environment, failed, Stage } from './support';

/** An API behind a proxy that gives each of two concurrent creates the answer to the other. */
function swapping(stage: Stage): BatchesApi {
  const real = batchesApi(stage.client());
  const calls: { tell: (batch: Batch) => void; made?: Batch }[] = [];
  return Object.create(real, {
    create: {
      value: async (...args: Parameters<BatchesApi['create']>) => {
        const call: (typeof calls)[number] = { tell: () => {} };
        calls.push(call);
        const told = new Promise<Batch>((resolve) => {
          call.tell = resolve;
        });
        call.made = await real.create(...args);
        const [one, other] = calls;
        if (one?.made && other?.made) {
          one.tell(other.made);
          other.tell(one.made);
        }
        return told;
      },
    },
  });
}

/** Two chunks of which each got the answer to the other's create. */
async function swapped(duration: (batch: { number: number }) => number) {
  const stage = await Stage.of({ texts: ['a', 'b', 'c'], simulator: { duration } });
  await stage.putChunk(['d', 'e', 'f'], 1);
  const api = swapping(stage);
  const { anthropicSubmit } = stage.worker({ anthropic: () => api });
  const submit = (chunk: number): Promise<SubmitOutcome> =>
    environment().run(anthropicSubmit, { ...stage.sending(), chunk });
  const told = await Promise.all([submit(0), submit(1)]);
  const batches = told.map((outcome) => (outcome.kind === 'bought' ? outcome.batch : outcome.kind));
  const retrieve = (chunk: number) => {
    const again = { retry: false, unpaid: false };
    const input = { ...stage.round(), chunk, batch: batches[chunk], ...again };
    return environment().run(stage.worker().anthropicRetrieve, input);
  };
  return { stage, batches, retrieve };
}

const finish = (stage: Stage, chunk: number): Promise<ChunkSummary> =>
  environment().run(stage.worker().anthropicFinishChunk, {
    job: stage.job,
    chunk,
    canceled: false,
    unsent: { type: 'not_sent', message: 'It was never sent.' },
  });

test('chunks whose answers a proxy swapped find their own batches by their results', async () => {
  const { stage, batches, retrieve } = await swapped(() => 0);
  for (const chunk of [0, 1]) {
    expect(await retrieve(chunk)).toMatchObject({ rows: 3, succeeded: 3, outstanding: 0 });
  }
  const own = [batches[1], batches[0]];
  for (const [chunk, texts] of [
    ['a', 'b', 'c'],
    ['d', 'e', 'f'],
  ].entries()) {
    expect(await finish(stage, chunk)).toMatchObject({ batches: [own[chunk]], counts: { succeeded: 3 } });
    const rows = resultsText(stage.store, stage.job, chunk).trim().split('\n');
    for (const [ordinal, text] of texts.entries()) {
      expect(JSON.parse(rows[ordinal]!).message.content[0].text).toContain(`${text} `);
    }
    expect(JSON.parse(stage.store.text(keys.batch(own[chunk]!)))).toMatchObject({ chunk });
  }
  expect((await stage.simulator.books()).billed).toMatchObject({ requests: 6, repeated: 0 });
  // The ledger names them from now on.
  expect(await stage.submit()).toMatchObject({ kind: 'bought', batch: own[0] });
});

test('a chunk waits for its own batch if the other one has ended first', async () => {
  const { stage, batches, retrieve } = await swapped(({ number }) => (number === 1 ? 3_600_000 : 0));
  const { id: running } = (await stage.batches()).find((batch) => batch.processing_status === 'in_progress')!;
  const waiting = 1 - batches.indexOf(running);
  expect(await failed(() => retrieve(waiting))).toMatchObject({
    type: 'anthropic.NotEnded',
    nonRetryable: false,
    message: expect.stringContaining(running),
  });
  stage.simulator.clock.advance(3_600_000);
  expect(await retrieve(waiting)).toMatchObject({ rows: 3 });
  expect(await retrieve(1 - waiting)).toMatchObject({ rows: 3 });
});
