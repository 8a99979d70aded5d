import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { GateClosed, GatedBody } from '../../../activities/submission/gate';
import { TAIL } from '../../../src/anthropic/create-body';
import { eventually } from '../../support/eventually';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** Nothing waits for the socket. */
const drained = async () => {};

/** What a reader gets of a body: its text, and the error that it ends with. */
async function read(body: GatedBody, onPiece: (text: string) => unknown = () => undefined) {
  let text = '';
  try {
    for await (const piece of body.stream) {
      text += Buffer.from(piece).toString();
      await onPiece(text);
    }
    return { text };
  } catch (error) {
    return { text, error };
  }
}

describe('the gate before the last bytes', () => {
  test('lets them out once the commit stands', async () => {
    const commit = vi.fn(async () => true);
    const body = new GatedBody(pieces('a', 'b'), { drained, commit, limit: 1_000 });
    const before = (text: string) => text.endsWith(TAIL.toString()) || expect(commit).not.toHaveBeenCalled();
    expect(await read(body, before)).toEqual({ text: `ab${TAIL}` });
    expect(commit).toHaveBeenCalledTimes(1);
    expect([body.committed, body.tailSent]).toEqual([true, true]);
  });

  test('is asked only when all bytes before the last have left', async () => {
    const order: string[] = [];
    let leave = () => {};
    const body = new GatedBody(pieces('a', 'b'), {
      drained: () =>
        new Promise((resolve) => {
          order.push('waits');
          leave = () => {
            order.push('drained');
            resolve();
          };
        }),
      commit: async () => {
        order.push('gate');
        return true;
      },
      limit: 1_000,
    });
    const reading = read(body);
    await eventually(() => expect(order).toEqual(['waits']));
    await sleep(20);
    leave();
    expect(await reading).toEqual({ text: `ab${TAIL}` });
    expect(order).toEqual(['waits', 'drained', 'gate']);
  });

  test('is never asked for a body that is closed while it waits for its bytes to leave', async () => {
    const commit = vi.fn(async () => true);
    const forever = (signal: AbortSignal) => sleep(60_000, undefined, { signal });
    const body = new GatedBody(pieces('a'), { drained: forever, commit, limit: 1_000 });
    const all = read(body);
    await sleep(20);
    body.close();
    expect(await all).toMatchObject({ text: 'a', error: expect.any(Error) });
    expect(commit).not.toHaveBeenCalled();
    expect([body.committed, body.tailSent]).toEqual([false, false]);
  });

  test('is not asked before the last bytes are wanted', async () => {
    const commit = vi.fn(async () => true);
    const body = new GatedBody(pieces('a', 'b'), { drained, commit, limit: 1_000 });
    const reader = body.stream.getReader();
    await reader.read();
    await reader.read();
    await sleep(20);
    expect(commit).not.toHaveBeenCalled();
    await reader.read();
    expect(commit).toHaveBeenCalledTimes(1);
  });

  test('stays shut for an attempt that was overtaken', async () => {
    const body = new GatedBody(pieces('a'), { drained, commit: async () => false, limit: 1_000 });
    const { text, error } = await read(body);
    expect(text).toBe('a');
    expect(error).toBeInstanceOf(GateClosed);
    expect([body.committed, body.tailSent]).toEqual([false, false]);
  });

  test('stays shut when the commit took too long, although it stands', async () => {
    const body = new GatedBody(pieces('a'), { drained, commit: () => sleep(60, true), limit: 20 });
    const { text, error } = await read(body);
    expect(text).toBe('a');
    expect((error as Error).message).toMatch(/^The gate took \d+ ms: too long to send safely\.$/);
    expect([body.committed, body.tailSent]).toEqual([true, false]);
  });

  test('stays shut when only the wall clock says that it took too long: the machine slept', async () => {
    const body = new GatedBody(pieces('a'), {
      drained,
      commit: async () => {
        vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
        return true;
      },
      limit: 10_000,
    });
    const { text, error } = await read(body);
    vi.restoreAllMocks();
    expect(text).toBe('a');
    expect(error).toBeInstanceOf(GateClosed);
    expect(body.tailSent).toBe(false);
  });

  test('is not fooled by a wall clock that was set back', async () => {
    const body = new GatedBody(pieces('a'), {
      drained,
      commit: async () => {
        vi.spyOn(Date, 'now').mockReturnValue(0);
        return sleep(60, true);
      },
      limit: 20,
    });
    const { error } = await read(body);
    vi.restoreAllMocks();
    expect(error).toBeInstanceOf(GateClosed);
  });

  test('stays shut when the store gives no answer', async () => {
    const commit = () => Promise.reject(new Error('The store is away.'));
    const body = new GatedBody(pieces('a'), { drained, commit, limit: 1_000 });
    const { text, error } = await read(body);
    expect(text).toBe('a');
    expect((error as Error).message).toBe('The store is away.');
    expect([body.committed, body.tailSent]).toEqual([false, false]);
  });
});

describe('a body that ends with an error closes what it reads from', () => {
  /** A body that tells when it is closed, and may fail itself. */
  function opened(failure?: Error) {
    const closed = vi.fn();
    const source = async function* () {
      try {
        yield Buffer.from('a');
        if (failure) throw failure;
        yield Buffer.from('b');
      } finally {
        closed();
      }
    };
    return { closed, source: source() };
  }

  test('when the attempt is closed in mid-upload', async () => {
    const { closed, source } = opened();
    const body = new GatedBody(source, { drained, commit: async () => true, limit: 1_000 });
    expect(await read(body, () => body.close())).toMatchObject({ error: expect.any(GateClosed) });
    expect(closed).toHaveBeenCalledTimes(1);
  });

  test('when the store fails in mid-upload', async () => {
    const { closed, source } = opened(new Error('The store is away.'));
    const body = new GatedBody(source, { drained, commit: async () => true, limit: 1_000 });
    expect(await read(body)).toMatchObject({ error: { message: 'The store is away.' } });
    expect(closed).toHaveBeenCalledTimes(1);
  });
});

describe('a body that is closed', () => {
  test('between two pieces gives no more of them', async () => {
    const commit = vi.fn(async () => true);
    const body = new GatedBody(pieces('a', 'b'), { drained, commit, limit: 1_000 });
    const { text, error } = await read(body, () => body.close());
    expect(text).toBe('a');
    expect(error).toBeInstanceOf(GateClosed);
    expect(commit).not.toHaveBeenCalled();
  });

  test('while the gate is asked sends nothing, although it was won', async () => {
    const body = new GatedBody(pieces('a'), {
      drained,
      commit: async () => {
        body.close();
        return true;
      },
      limit: 1_000,
    });
    const { text, error } = await read(body);
    expect(text).toBe('a');
    expect(error).toBeInstanceOf(GateClosed);
    expect([body.committed, body.tailSent]).toEqual([true, false]);
  });

  test('by its reader closes what it reads from', async () => {
    const closed = vi.fn();
    const source = async function* () {
      try {
        yield* pieces('a', 'b');
      } finally {
        closed();
      }
    };
    const body = new GatedBody(source(), { drained, commit: async () => true, limit: 1_000 });
    const reader = body.stream.getReader();
    await reader.read();
    await reader.cancel();
    expect(closed).toHaveBeenCalled();
    expect(body.tailSent).toBe(false);
  });
});
