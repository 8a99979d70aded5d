import { describe, expect, test } from 'vitest';
import { tempDir } from '../../support/temp-dir';
import { clientOf, collect, paramsOf, requestsOf, rowsOf, simulate } from './support';

const START = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;

describe('a second simulator on the folder of one that was never closed', () => {
  test('has the batches, cancellations, deletions, results and books', async () => {
    const dir = await tempDir();
    let time = START;
    const options = { dir, now: () => time, duration: HOUR };
    const simulator = await simulate(options);
    const client = clientOf(simulator);
    const create = (count: number) => client.messages.batches.create({ requests: requestsOf(count) });
    const done = await create(20);
    const deleted = await create(3);
    time += HOUR;
    const canceled = await create(40);
    const running = await create(5);
    time += HOUR / 4;
    await client.messages.batches.cancel(canceled.id);
    await client.messages.batches.delete(deleted.id);
    await client.messages.create(paramsOf('Hi'));
    time += HOUR / 4;
    const rows = await rowsOf(client, done.id);
    const books = await simulator.books();

    // A new duration applies only to new batches.
    const next = await simulate({ ...options, duration: 5 });
    const again = clientOf(next);
    expect(await next.books()).toEqual(books);
    expect(await next.digests()).toEqual(await simulator.digests());
    expect(await rowsOf(again, done.id)).toEqual(rows);
    expect((await next.batches()).map((batch) => [batch.id, batch.processing_status])).toEqual([
      [running.id, 'in_progress'],
      [canceled.id, 'ended'],
      [done.id, 'ended'],
    ]);
    expect(await rowsOf(again, canceled.id)).toEqual(await rowsOf(client, canceled.id));
    expect((await again.messages.batches.create({ requests: requestsOf(1) })).id).not.toBe(running.id);
    expect((await collect(next.requests(running.id))).map((request) => request.custom_id)).toEqual(
      requestsOf(5).map((request) => request.custom_id),
    );
  });

  test('keeps the clock and the faults', async () => {
    const dir = await tempDir();
    const now = () => START;
    const simulator = await simulate({
      dir,
      now,
      faults: { http: [{ kind: 'drop', endpoint: 'list', times: 2 }] },
    });
    simulator.clock.advance(HOUR);
    await expect(clientOf(simulator).messages.batches.list()).rejects.toThrow();
    const next = await simulate({ dir, now, faults: {} });
    expect(await next.clock.now()).toBe(START + HOUR);
    await expect(clientOf(next).messages.batches.list()).rejects.toThrow();
    await clientOf(next).messages.batches.list();
    await next.clock.set(START);
    expect(await next.clock.now()).toBe(START);
  });

  test('keeps the white space and the strings of a body', async () => {
    const simulator = await simulate({ duration: 0 });
    const requests = [
      { custom_id: 'a', params: paramsOf('line\nbreak \u2028 "quotes" \\ 🦊 \r') },
      ...requestsOf(2),
    ];
    const response = await fetch(`${simulator.url}/v1/messages/batches`, {
      method: 'POST',
      headers: { 'x-api-key': 'k', 'anthropic-version': '2026-10-21', 'content-type': 'application/json' },
      body: JSON.stringify({ requests }, null, '\t\r\n'),
    });
    const { id } = (await response.json()) as { id: string };
    expect(await collect(simulator.requests(id))).toEqual(requests);
    expect(await rowsOf(clientOf(simulator), id)).toHaveLength(3);
  });
});
