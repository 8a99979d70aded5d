import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { answer } from '../../../src/simulator/index';
import { clientOf, collect, paramsOf, requestsOf, resultsOf, rowsOf, simulate } from './support';

const HOUR = 3_600_000;
const START = Date.parse('2026-11-22T12:00:00Z');

describe('the life of a batch', () => {
  test('from creation to results, on the clock of the simulator', async () => {
    let time = START;
    const simulator = await simulate({ now: () => time, duration: HOUR });
    const client = clientOf(simulator);
    const requests = requestsOf(50);
    const created = await client.messages.batches.create({ requests });
    expect(created).toEqual({
      id: expect.stringMatching(/^msgbatch_01[A-Za-z0-9]{22}$/),
      type: 'message_batch',
      processing_status: 'in_progress',
      request_counts: { processing: 50, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
      created_at: '2026-11-22T12:00:00.000Z',
      expires_at: '2026-11-23T12:00:00.000Z',
      ended_at: null,
      cancel_initiated_at: null,
      archived_at: null,
      results_url: null,
    });

    time = START + HOUR - 1;
    const running = await client.messages.batches.retrieve(created.id);
    expect(running).toEqual(created);
    await expect(client.get(`/v1/messages/batches/${created.id}/results`)).rejects.toThrow(
      Anthropic.NotFoundError,
    );
    expect((await simulator.books()).billed.requests).toBe(0);

    time = START + HOUR;
    const ended = await client.messages.batches.retrieve(created.id);
    expect(ended).toEqual({
      ...created,
      processing_status: 'ended',
      request_counts: { processing: 0, succeeded: 50, errored: 0, canceled: 0, expired: 0 },
      ended_at: '2026-11-22T13:00:00.000Z',
      results_url: `${simulator.url}/v1/messages/batches/${created.id}/results`,
    });

    const rows = await rowsOf(client, created.id);
    const order = rows.map((row) => row.custom_id);
    expect(order).not.toEqual(requests.map((request) => request.custom_id));
    expect([...order].sort()).toEqual(requests.map((request) => request.custom_id).sort());
    expect((await rowsOf(client, created.id)).map((row) => row.custom_id)).toEqual(order);
    for (const { custom_id, result } of rows) {
      const { params } = requests.find((request) => request.custom_id === custom_id)!;
      expect(result).toEqual({
        type: 'succeeded',
        message: { ...answer(params), id: expect.stringMatching(/^msg_/) },
      });
    }
    expect((await simulator.books()).billed.requests).toBe(50);
    expect(simulator.calls()).toMatchObject({ create: 1, results: 3 });
  });

  test('two requests change places', async () => {
    const client = clientOf(await simulate({ duration: 0 }));
    const { id } = await client.messages.batches.create({ requests: requestsOf(2) });
    expect((await rowsOf(client, id)).map((row) => row.custom_id)).toEqual(['r-1', 'r-0']);
  });

  test('the answers have the simulator’s time', async () => {
    const simulator = await simulate({ now: async () => START });
    const { response } = await clientOf(simulator).messages.batches.list().withResponse();
    expect(Date.parse(response.headers.get('date')!)).toBe(START);
    expect(response.headers.get('request-id')).toMatch(/^req_/);
  });

  test('unfinished requests expire after 24 hours', async () => {
    let time = START;
    const simulator = await simulate({ now: () => time, duration: 48 * HOUR });
    const client = clientOf(simulator);
    const { id } = await client.messages.batches.create({ requests: requestsOf(200) });
    time += 24 * HOUR;
    const {
      request_counts: counts,
      processing_status,
      ended_at,
    } = await client.messages.batches.retrieve(id);
    expect(processing_status).toBe('ended');
    expect(ended_at).toBe('2026-11-23T12:00:00.000Z');
    expect(counts.succeeded + counts.expired).toBe(200);
    expect(counts.succeeded).toBeGreaterThan(60);
    expect(counts.expired).toBeGreaterThan(60);
    const results = [...(await resultsOf(client, id)).values()];
    expect(results.filter((result) => result.type === 'expired')).toHaveLength(counts.expired);
    expect((await simulator.books()).billed.requests).toBe(counts.succeeded);
  });

  test('results are gone after 29 days, the batch is not', async () => {
    let time = START;
    const client = clientOf(await simulate({ now: () => time }));
    const { id } = await client.messages.batches.create({ requests: requestsOf(1) });
    time += 29 * 24 * HOUR;
    const batch = await client.messages.batches.retrieve(id);
    expect(batch).toMatchObject({ archived_at: '2026-12-21T12:00:00.000Z', results_url: null });
    await expect(client.get(`/v1/messages/batches/${id}/results`)).rejects.toThrow(Anthropic.NotFoundError);
  });

  test('a duration of its own for each batch', async () => {
    const client = clientOf(
      await simulate({ duration: ({ number, size }) => (number === 0 && size === 1 ? 0 : Infinity) }),
    );
    const first = await client.messages.batches.create({ requests: requestsOf(1) });
    const second = await client.messages.batches.create({ requests: requestsOf(1) });
    expect([first.processing_status, second.processing_status]).toEqual(['ended', 'in_progress']);
  });
});

describe('cancel', () => {
  test('a batch is canceling first, then ended; finished requests are kept and billed', async () => {
    let time = START;
    const simulator = await simulate({ now: () => time, duration: HOUR, cancelDuration: 60_000 });
    const client = clientOf(simulator);
    const { id } = await client.messages.batches.create({ requests: requestsOf(200) });
    time += HOUR / 2;
    const canceling = await client.messages.batches.cancel(id);
    expect(canceling).toMatchObject({
      processing_status: 'canceling',
      cancel_initiated_at: '2026-11-22T12:30:00.000Z',
      request_counts: { processing: 200 },
    });
    expect(await client.messages.batches.cancel(id)).toEqual(canceling);
    time += 60_000;
    const { processing_status, request_counts: counts } = await client.messages.batches.retrieve(id);
    expect(processing_status).toBe('ended');
    expect(counts.succeeded + counts.canceled).toBe(200);
    expect(counts.succeeded).toBeGreaterThan(80);
    expect(counts.canceled).toBeGreaterThan(60);
    const books = await simulator.books();
    expect(books.batches[0]).toMatchObject({ canceled: true, counts });
    expect(books.billed.requests).toBe(counts.succeeded);
    await expect(client.messages.batches.cancel(id)).rejects.toThrow(Anthropic.BadRequestError);
  });
});

describe('delete', () => {
  test('only an ended batch can be deleted; the books keep it', async () => {
    let time = START;
    const simulator = await simulate({ now: () => time, duration: HOUR });
    const client = clientOf(simulator);
    const { id } = await client.messages.batches.create({ requests: requestsOf(3) });
    await expect(client.messages.batches.delete(id)).rejects.toThrow(Anthropic.BadRequestError);
    time += HOUR;
    expect(await client.messages.batches.delete(id)).toEqual({ id, type: 'message_batch_deleted' });
    await expect(client.messages.batches.retrieve(id)).rejects.toThrow(Anthropic.NotFoundError);
    expect((await client.messages.batches.list()).data).toEqual([]);
    expect((await simulator.books()).batches).toMatchObject([
      { id, deleted: true, counts: { succeeded: 3 } },
    ]);
  });
});

describe('list', () => {
  test('newest first, in pages both ways', async () => {
    const client = clientOf(await simulate());
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      ids.unshift((await client.messages.batches.create({ requests: requestsOf(1) })).id);
    }
    const first = await client.messages.batches.list({ limit: 2 });
    expect(first.data.map((batch) => batch.id)).toEqual(ids.slice(0, 2));
    expect(first).toMatchObject({ has_more: true, first_id: ids[0], last_id: ids[1] });
    const second = await client.messages.batches.list({ limit: 3, after_id: ids[1] });
    expect(second.data.map((batch) => batch.id)).toEqual(ids.slice(2));
    expect(second.has_more).toBe(false);
    const back = await client.messages.batches.list({ limit: 2, before_id: ids[3] });
    expect(back.data.map((batch) => batch.id)).toEqual(ids.slice(1, 3));
    expect(back.has_more).toBe(true);
    const all = await collect(client.messages.batches.list({ limit: 1 }));
    expect(all.map((batch) => batch.id)).toEqual(ids);
  });

  test('an empty page, and limits out of bounds', async () => {
    const client = clientOf(await simulate());
    expect(await client.messages.batches.list()).toMatchObject({
      data: [],
      has_more: false,
      first_id: null,
      last_id: null,
    });
    for (const limit of [0, 1001, 1.5]) {
      await expect(client.messages.batches.list({ limit })).rejects.toThrow(Anthropic.BadRequestError);
    }
    await expect(client.messages.batches.list({ after_id: 'msgbatch_none' })).rejects.toThrow('not found');
  });

  test('shows only the batches of the workspace', async () => {
    const simulator = await simulate({ apiKeys: { one: 'wrkspc_1', two: 'wrkspc_2' } });
    const { id } = await clientOf(simulator, { apiKey: 'one' }).messages.batches.create({
      requests: requestsOf(1),
    });
    const other = clientOf(simulator, { apiKey: 'two' });
    expect((await other.messages.batches.list()).data).toEqual([]);
    await expect(other.messages.batches.retrieve(id)).rejects.toThrow(Anthropic.NotFoundError);
    await expect(other.messages.batches.retrieve(id, { workspace_id: 'wrkspc_1' })).rejects.toThrow(
      Anthropic.PermissionDeniedError,
    );
  });
});

describe('messages', () => {
  test('answers and counts tokens', async () => {
    const simulator = await simulate();
    const client = clientOf(simulator);
    const { max_tokens, ...counted } = paramsOf('Hello, world');
    const message = await client.messages.create({ ...counted, max_tokens });
    expect(message.content).toMatchObject([
      { text: expect.stringMatching(/^Echo of Hello, world \[[0-9a-f]{8}\]$/) },
    ]);
    expect(message.usage).toMatchObject({ input_tokens: 3, service_tier: 'standard' });
    expect(await client.messages.countTokens(counted)).toEqual({ input_tokens: 3 });
    await expect(client.messages.create({ ...counted, max_tokens: 0 })).rejects.toThrow(
      Anthropic.BadRequestError,
    );
    await expect(client.messages.create(paramsOf('[[sim:errored:overloaded_error]]'))).rejects.toMatchObject({
      status: 529,
    });
    expect((await simulator.books()).messages).toMatchObject({ requests: 1, usage: { input_tokens: 3 } });
  });
});
