import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import type { FaultSpec, HttpFault, OddRow, SimulatorOptions } from '../../../src/simulator/index';
import { eventually } from '../../support/eventually';
import { tempDir } from '../../support/temp-dir';
import { type BatchRequest, clientOf, paramsOf, requestsOf, resultsOf, simulate } from './support';

async function faulty(http: HttpFault | HttpFault[], options: Partial<SimulatorOptions> = {}) {
  const simulator = await simulate({ duration: 0, faults: { http: [http].flat() }, ...options });
  return { simulator, client: clientOf(simulator) };
}

const requests = requestsOf(10);

describe('HTTP faults', () => {
  test.each([
    [400, Anthropic.BadRequestError, 'invalid_request_error'],
    [401, Anthropic.AuthenticationError, 'authentication_error'],
    [403, Anthropic.PermissionDeniedError, 'permission_error'],
    [404, Anthropic.NotFoundError, 'not_found_error'],
    [500, Anthropic.InternalServerError, 'api_error'],
    [529, Anthropic.InternalServerError, 'overloaded_error'],
  ])('%d before a batch exists', async (status, error, type) => {
    const { simulator, client } = await faulty({ kind: 'status', endpoint: 'create', status });
    const failure = await client.messages.batches.create({ requests }).catch((thrown) => thrown);
    expect(failure).toBeInstanceOf(error);
    expect(failure).toMatchObject({ status, type, requestID: expect.stringMatching(/^req_/) });
    expect(await simulator.batches()).toEqual([]);
    await client.messages.batches.create({ requests });
    expect(await simulator.batches()).toHaveLength(1);
  });

  test('429 with retry-after', async () => {
    const { client } = await faulty({ kind: 'status', endpoint: 'list', status: 429, retryAfter: 7 });
    const failure = await client.messages.batches.list().then(undefined, (thrown) => thrown);
    expect(failure).toBeInstanceOf(Anthropic.RateLimitError);
    expect(failure.headers.get('retry-after')).toBe('7');
  });

  test('an error with a custom message', async () => {
    const words = {
      type: 'rate_limit_error',
      message: 'No more.',
      code: 'enforced_spend_limit_reached',
    } as const;
    const { client } = await faulty({ kind: 'status', endpoint: 'create', status: 429, ...words });
    const failure = await client.messages.batches.create({ requests }).catch((thrown) => thrown);
    expect(failure).toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      apiMessage: 'No more.',
      errorCode: 'enforced_spend_limit_reached',
    });
  });

  test('a malformed reply: fields are missing, null or of another type, and the batch exists', async () => {
    const fields = {
      id: 'missing',
      results_url: 'retyped',
      created_at: 'retyped',
      processing_status: 'null',
      'request_counts.expired': 'missing',
      'request_counts.errored': 'retyped',
      'request_counts.of_another_time': 'null',
      'type.of': 'missing',
    } as const;
    const { simulator, client } = await faulty([
      { kind: 'malformed', fields },
      {
        kind: 'malformed',
        endpoint: 'list',
        fields: { ...fields, has_more: 'retyped', request_counts: 'retyped' },
      },
    ]);
    const created = await client.messages.batches.create({ requests });
    expect(created).toMatchObject({
      type: 'message_batch',
      results_url: 7,
      created_at: 7,
      processing_status: null,
      request_counts: { processing: 0, succeeded: 10, errored: '0', canceled: 0, of_another_time: null },
    });
    expect(created).not.toHaveProperty('id');
    expect(created.request_counts).not.toHaveProperty('expired');
    expect(await simulator.batches()).toHaveLength(1);
    const list = await client.messages.batches.list().asResponse();
    expect(await list.json()).toMatchObject({
      data: [{ created_at: 7, request_counts: 'retyped' }],
      has_more: 'false',
    });
    expect(await client.messages.batches.list()).toMatchObject({ data: [{ processing_status: 'ended' }] });
  });

  test('a list that leaves out only zero counts', async () => {
    const { client } = await faulty({ kind: 'list-omits-zero', times: null });
    const { id, request_counts } = await client.messages.batches.create({ requests });
    const all = { processing: 0, succeeded: 10, errored: 0, canceled: 0, expired: 0 };
    expect(request_counts).toEqual(all);
    const [listed] = (await client.messages.batches.list()).data;
    expect(listed).toMatchObject({ id, processing_status: 'ended' });
    expect(listed!.request_counts).toEqual({ succeeded: 10 });
    expect((await client.messages.batches.retrieve(id)).request_counts).toEqual(all);
  });

  test("a proxy's 502 after the batch exists", async () => {
    const { simulator, client } = await faulty({ kind: 'status', status: 502, when: 'after', proxy: true });
    const failure = await client.messages.batches.create({ requests }).catch((thrown) => thrown);
    expect(failure).toMatchObject({ status: 502, type: null });
    expect(await simulator.batches()).toHaveLength(1);
  });

  test('a socket dropped before the batch exists, after the whole body, after the headers', async () => {
    const { simulator, client } = await faulty([
      { kind: 'drop', endpoint: 'create' },
      { kind: 'drop', endpoint: 'create', afterBytes: 0 },
      { kind: 'drop', endpoint: 'create', afterBytes: 100 },
    ]);
    for (let count = 0; count < 3; count++) {
      await expect(client.messages.batches.create({ requests })).rejects.toThrow(
        Anthropic.APIConnectionError,
      );
    }
    expect(await simulator.batches()).toEqual([]);
    await client.messages.batches.create({ requests });
  });

  test('a status as soon as some of the body has arrived', async () => {
    const { simulator, client } = await faulty({ kind: 'status', status: 529, afterBytes: 1 });
    const large = requestsOf(2000, (index) => `${index} ${'x'.repeat(1000)}`);
    await expect(client.messages.batches.create({ requests: large })).rejects.toMatchObject({ status: 529 });
    expect(await simulator.batches()).toEqual([]);
    expect((await client.messages.batches.create({ requests: large })).request_counts.succeeded).toBe(2000);
  });

  test('a socket dropped after the batch exists', async () => {
    const { simulator, client } = await faulty({ kind: 'drop', endpoint: 'create', when: 'after' });
    await expect(client.messages.batches.create({ requests })).rejects.toThrow(Anthropic.APIConnectionError);
    expect(await simulator.batches()).toHaveLength(1);
  });

  test('a delayed answer, and a batch that is created late', async () => {
    const { simulator, client } = await faulty([
      { kind: 'delay', ms: 3000, endpoint: 'create' },
      { kind: 'delay', ms: 1000, when: 'before', endpoint: 'create' },
    ]);
    await expect(client.messages.batches.create({ requests }, { timeout: 50 })).rejects.toThrow(
      Anthropic.APIConnectionTimeoutError,
    );
    expect(await simulator.batches()).toEqual([]);
    await eventually(async () => (await simulator.batches()).length === 1);
  });

  test('a lagging list', async () => {
    let time = Date.now();
    const { simulator, client } = await faulty([], { now: () => time, listLag: 60_000 });
    const { id } = await client.messages.batches.create({ requests });
    expect((await client.messages.batches.list()).data).toEqual([]);
    expect((await client.messages.batches.retrieve(id)).id).toBe(id);
    time += 60_000;
    expect((await client.messages.batches.list()).data).toHaveLength(1);
    expect(simulator.faults.get().spec).toEqual({ http: [], listLag: 60_000 });
  });

  test('a transient 404 for one batch', async () => {
    const { simulator, client } = await faulty([]);
    const first = await client.messages.batches.create({ requests });
    const second = await client.messages.batches.create({ requests });
    simulator.faults.add({ http: [{ kind: 'status', status: 404, endpoint: 'retrieve', batch: second.id }] });
    await client.messages.batches.retrieve(first.id);
    await expect(client.messages.batches.retrieve(second.id)).rejects.toThrow(Anthropic.NotFoundError);
    await client.messages.batches.retrieve(second.id);
  });

  test('skip, times and probability', async () => {
    const { simulator, client } = await faulty([
      { kind: 'status', status: 500, endpoint: 'list', skip: 1, times: 2 },
      { kind: 'status', status: 529, endpoint: 'count_tokens', times: null, probability: 0.3, seed: 5 },
    ]);
    const statuses = async (call: () => PromiseLike<unknown>, count: number) => {
      const all: number[] = [];
      for (let index = 0; index < count; index++) {
        all.push(
          await call().then(
            () => 200,
            (error) => error.status,
          ),
        );
      }
      return all;
    };
    expect(await statuses(() => client.messages.batches.list(), 4)).toEqual([200, 500, 500, 200]);
    const { max_tokens, ...params } = paramsOf(`${requests.length}`);
    const counted = await statuses(() => client.messages.countTokens(params), 60);
    const fired = counted.filter((status) => status === 529).length;
    expect(fired).toBeGreaterThan(8);
    expect(fired).toBeLessThan(30);
    expect(simulator.faults.get().fired).toEqual([2, fired]);
    simulator.faults.clear();
    expect(await statuses(() => client.messages.countTokens(params), 20)).not.toContain(529);
    expect(max_tokens).toBe(100);
  });
});

describe('results that are cut', () => {
  const cut = async (fault: Partial<Extract<HttpFault, { kind: 'cut' }>>) => {
    const { client } = await faulty({ kind: 'cut', at: 'line', ...fault });
    const { id } = await client.messages.batches.create({ requests });
    const url = (await client.messages.batches.retrieve(id)).results_url!;
    const response = await client.get(url).asResponse();
    let text = '';
    let broken = false;
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body!) text += decoder.decode(chunk, { stream: true });
    } catch {
      broken = true;
    }
    expect((await resultsOf(client, id)).size).toBe(10);
    return { lines: text.split('\n'), broken };
  };

  test('in mid-line, the socket destroyed', async () => {
    const { lines, broken } = await cut({});
    expect(broken).toBe(true);
    expect(lines).toHaveLength(6);
    expect(lines[5]).not.toBe('');
    expect(() => JSON.parse(lines[5]!)).toThrow();
  });

  test('in mid-line, ended cleanly', async () => {
    const { lines, broken } = await cut({ clean: true });
    expect(broken).toBe(false);
    expect(() => JSON.parse(lines.at(-1)!)).toThrow();
  });

  test('on a line boundary, ended cleanly', async () => {
    const { lines, broken } = await cut({ at: 'boundary', rows: 3 });
    expect(broken).toBe(false);
    expect(lines).toHaveLength(4);
    expect(lines[3]).toBe('');
  });

  test('on a line boundary, the socket destroyed', async () => {
    const { lines, broken } = await cut({ at: 'boundary', rows: 0, clean: false });
    expect(broken).toBe(true);
    expect(lines).toEqual(['']);
  });
});

describe('odd replies', () => {
  const rawResults = async (client: Anthropic, id: string) => {
    const response = await client.get(`/v1/messages/batches/${id}/results`).asResponse();
    // `text()` would drop a byte order mark.
    return Buffer.from(await response.arrayBuffer()).toString('utf8');
  };

  const oddly = async (fault: HttpFault) => {
    const { client } = await faulty(fault);
    const { id } = await client.messages.batches.create({ requests });
    const odd = await rawResults(client, id);
    const whole = await rawResults(client, id);
    expect((await resultsOf(client, id)).size).toBe(10);
    return { odd: odd.split('\n').slice(0, -1), whole: whole.split('\n').slice(0, -1) };
  };

  test.each<[OddRow, object]>([
    ['flat-error', { type: 'errored', error: { type: 'api_error', message: 'boom' } }],
    ['error-text', { type: 'errored', error: 'boom' }],
    ['error-null', { type: 'errored', error: null }],
    ['no-error', { type: 'errored' }],
    ['unknown-type', { type: 'paused' }],
    ['no-message', { type: 'succeeded' }],
    ['no-answer', { type: 'succeeded', message: {} }],
    ['empty-result', {}],
  ])('results whose first two rows are odd: %s', async (row, result) => {
    const { odd, whole } = await oddly({ kind: 'odd-row', row, rows: 2 });
    const ids = whole.map((line) => JSON.parse(line).custom_id);
    expect(odd.slice(0, 2).map((line) => JSON.parse(line))).toEqual(
      ids.slice(0, 2).map((custom_id) => ({ custom_id, result })),
    );
    expect(odd.slice(2)).toEqual(whole.slice(2));
  });

  test('only errored rows, if the fault is limited to them', async () => {
    const marked = requests.map((request, index) => ({
      ...request,
      params: { ...request.params, system: index % 3 === 0 ? '[[sim:errored:api_error]]' : 'Answer.' },
    }));
    const { client } = await faulty({ kind: 'odd-row', row: 'flat-error', rows: 2, only: 'errored' });
    const { id } = await client.messages.batches.create({ requests: marked });
    const rows = async () =>
      (await rawResults(client, id))
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    const [odd, whole] = [await rows(), await rows()];
    const errored = whole.filter(({ result }) => result.type === 'errored').map(({ custom_id }) => custom_id);
    const flat = odd
      .filter(({ result }) => result.error?.message === 'boom')
      .map(({ custom_id }) => custom_id);
    expect(flat).toEqual(errored.slice(0, 2));
  });

  test.each<[OddRow, (first: string) => unknown[]]>([
    ['no-custom-id', (first) => [{ result: JSON.parse(first).result }]],
    ['foreign', (first) => [{ ...JSON.parse(first), custom_id: 'of-another-tool' }, JSON.parse(first)]],
    ['repeated', (first) => [JSON.parse(first), JSON.parse(first)]],
    ['contradicting', (first) => [JSON.parse(first), { ...JSON.parse(first), result: { type: 'expired' } }]],
    ['missing', () => []],
  ])('results whose first row is %s', async (row, expected) => {
    const { odd, whole } = await oddly({ kind: 'odd-row', row });
    const first = expected(whole[0]!);
    expect(odd.slice(0, first.length).map((line) => JSON.parse(line))).toEqual(first);
    expect(odd.slice(first.length)).toEqual(whole.slice(1));
  });

  test('results whose first row lacks four bytes in its middle', async () => {
    const { odd, whole } = await oddly({ kind: 'odd-row', row: 'damaged' });
    const [first] = whole;
    expect(() => JSON.parse(odd[0]!)).toThrow();
    expect([odd[0]!.length, odd[0]!.slice(0, 60), odd[0]!.slice(-3)]).toEqual([
      first!.length - 4,
      first!.slice(0, 60),
      '}}}',
    ]);
    expect(odd.slice(1)).toEqual(whole.slice(1));
  });

  test('results with half a line, and with a byte order mark', async () => {
    const half = await oddly({ kind: 'odd-row', row: 'no-json' });
    expect(() => JSON.parse(half.odd[0]!)).toThrow();
    expect(half.odd.slice(1)).toEqual(half.whole.slice(1));
    const marked = await oddly({ kind: 'odd-row', row: 'byte-order-mark', times: 1 });
    expect(marked.odd).toEqual([`\uFEFF${marked.whole[0]}`, ...marked.whole.slice(1)]);
  });

  test('empty results, and a JSON page instead of results', async () => {
    expect((await oddly({ kind: 'empty-results' })).odd).toEqual([]);
    const { client } = await faulty({ kind: 'json-page', endpoint: 'results' });
    const { id } = await client.messages.batches.create({ requests });
    expect(JSON.parse(await rawResults(client, id))).toEqual({
      status: 'ok',
      message: 'The gateway is being updated.',
    });
    expect((await resultsOf(client, id)).size).toBe(10);
  });

  test('a JSON page before a create makes no batch, and one after it hides the batch', async () => {
    const pages: HttpFault[] = [
      { kind: 'json-page', endpoint: 'create' },
      { kind: 'json-page', endpoint: 'create', when: 'after' },
    ];
    const { simulator, client } = await faulty(pages);
    await client.messages.batches.create({ requests });
    expect(await simulator.batches()).toHaveLength(0);
    await client.messages.batches.create({ requests });
    expect(await simulator.batches()).toHaveLength(1);
  });

  test('wrong counts of batches that have ended, in one and in the list', async () => {
    const counts = { succeeded: 1002 };
    const { simulator, client } = await faulty({ kind: 'wrong-counts', counts, times: 3 });
    const { id } = await client.messages.batches.create({ requests });
    expect((await client.messages.batches.retrieve(id)).request_counts).toEqual(counts);
    const { data } = await client.messages.batches.list();
    expect(data.map(({ request_counts }) => request_counts)).toEqual([counts]);
    expect((await client.messages.batches.retrieve(id)).request_counts.succeeded).toBe(10);
    simulator.faults.set({ http: [{ kind: 'wrong-counts' }] });
    expect((await client.messages.batches.retrieve(id)).request_counts).toEqual({
      processing: 0,
      succeeded: 0,
      errored: 0,
      canceled: 0,
      expired: 0,
    });
  });
});

describe('faults of requests', () => {
  const outcomesOf = async (client: Anthropic, requests: BatchRequest[]) => {
    const { id } = await client.messages.batches.create({ requests });
    const results = await resultsOf(client, id);
    return requests.map(({ custom_id }) => {
      const result = results.get(custom_id)!;
      if (result.type === 'errored') return result.error.error.type;
      return result.type === 'succeeded' ? result.message.stop_reason : result.type;
    });
  };

  test('markers', async () => {
    const simulator = await simulate({ duration: 0 });
    const errors = [
      'invalid_request_error',
      'authentication_error',
      'billing_error',
      'permission_error',
      'not_found_error',
      'rate_limit_error',
      'timeout_error',
      'api_error',
      'overloaded_error',
    ];
    const others = ['expired', 'canceled', 'max_tokens', 'refusal', 'pause_turn'];
    const markers = [...errors.map((type) => `errored:${type}`), ...others, 'unheard_of'];
    const outcomes = await outcomesOf(
      clientOf(simulator),
      requestsOf(markers.length, (index) => `Text [[sim:${markers[index]}]] goes on`),
    );
    expect(outcomes).toEqual([...errors, ...others, 'end_turn']);
    expect((await simulator.books()).batches[0]!.counts).toEqual({
      processing: 0,
      succeeded: 4,
      errored: 9,
      expired: 1,
      canceled: 1,
    });
  });

  test('the first times the same params are sent, also over a restart', async () => {
    const dir = await tempDir();
    const simulator = await simulate({ dir, duration: 0 });
    const twice = requestsOf(2, (index) => `${index} [[sim:errored:overloaded_error:times=2]]`);
    expect(await outcomesOf(clientOf(simulator), twice)).toEqual(['overloaded_error', 'overloaded_error']);
    const restarted = await simulate({ dir, duration: 0 });
    const client = clientOf(restarted);
    expect(await outcomesOf(client, twice.slice(0, 1))).toEqual(['overloaded_error']);
    expect(await outcomesOf(client, twice)).toEqual(['end_turn', 'overloaded_error']);
    expect(await outcomesOf(client, twice)).toEqual(['end_turn', 'end_turn']);
  });

  test('the first times also within a batch', async () => {
    const client = clientOf(await simulate({ duration: 0 }));
    const same = requestsOf(3, () => '[[sim:max_tokens:times=2]]');
    expect((await outcomesOf(client, same)).sort()).toEqual(['end_turn', 'max_tokens', 'max_tokens']);
  });

  test('a part of the requests, by seed, and those that contain a text', async () => {
    const faults: FaultSpec = {
      requests: [
        { outcome: 'expired', contains: 'ment 7' },
        { outcome: 'api_error', fraction: 0.25, seed: 3, times: 1 },
      ],
    };
    const client = clientOf(await simulate({ duration: 0, faults }));
    const many = requestsOf(400);
    const first = await outcomesOf(client, many);
    const failed = first.filter((outcome) => outcome === 'api_error').length;
    expect(failed).toBeGreaterThan(60);
    expect(failed).toBeLessThan(140);
    expect(first[7]).toBe('expired');
    const second = await outcomesOf(client, many);
    expect(second.filter((outcome) => outcome === 'api_error')).toEqual([]);
    expect(second.filter((outcome) => outcome === 'expired')).toHaveLength(11);
  });
});

describe('invalid faults', () => {
  test.each([
    [{ http: [{ kind: 'status' }] }, 'status'],
    [{ http: [{ kind: 'drop', endpoint: 'nowhere' }] }, 'endpoint'],
    [{ http: [{ kind: 'odd-row', row: 'purple' }] }, 'row'],
    [{ requests: [{ outcome: 'lost' }] }, 'outcome'],
    [{ listlag: 5 }, 'listlag'],
  ])('%j', async (spec, named) => {
    const simulator = await simulate();
    expect(() => simulator.faults.set(spec as FaultSpec)).toThrow(named);
    await expect(simulate({ faults: spec as FaultSpec })).rejects.toThrow(named);
  });
});
