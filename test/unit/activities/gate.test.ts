import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { GateClosed, GatedBody } from '../../../activities/submission/gate';
import { TAIL } from '../../../src/anthropic/create-body';
import { eventually } from '../../support/eventually';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** No bytes wait in the socket. */
const drained = async () => {};

/** Reads a body. Returns its text and the error with which it ends. */
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
  test('releases them once the commit is recorded', async () => {
    const commit = vi.fn(async () => true);
    const body = new GatedBody(pieces('a', 'b'), { drained, commit, limit: 1_000 });
    const before = (text: string) => text.endsWith(TAIL.toString()) || expect(commit).not.toHaveBeenCalled();
    expect(await read(body, before)).toEqual({ text: `ab${TAIL}` });
    expect(commit).toHaveBeenCalledTimes(1);
    expect([body.committed, body.tailSent]).toEqual([true, true]);
  });

  test('is asked only after all earlier bytes have left', async () => {
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

  test('is never asked if the body is closed while its bytes leave', async () => {
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

  test('is not asked before the last bytes are requested', async () => {
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

  test('stays shut if the attempt was overtaken', async () => {
    const body = new GatedBody(pieces('a'), { drained, commit: async () => false, limit: 1_000 });
    const { text, error } = await read(body);
    expect(text).toBe('a');
    expect(error).toBeInstanceOf(GateClosed);
    expect([body.committed, body.tailSent]).toEqual([false, false]);
  });

  test('stays shut if the commit took too long, although it is recorded', async () => {
    const body = new GatedBody(pieces('a'), { drained, commit: () => sleep(60, true), limit: 20 });
    const { text, error } = await read(body);
    expect(text).toBe('a');
    expect((error as Error).message).toMatch(/^The gate took \d+ ms: too long to send safely\.$/);
    expect([body.committed, body.tailSent]).toEqual([true, false]);
  });

  test('stays shut if only the wall clock shows that it took too long, because the machine slept', async () => {
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

  test('stays shut if it took too long and the wall clock was set back', async () => {
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

  test('stays shut if the store does not answer', async () => {
    const commit = () => Promise.reject(new Error('The store is away.'));
    const body = new GatedBody(pieces('a'), { drained, commit, limit: 1_000 });
    const { text, error } = await read(body);
    expect(text).toBe('a');
    expect((error as Error).message).toBe('The store is away.');
    expect([body.committed, body.tailSent]).toEqual([false, false]);
  });
});

describe('a body that ends with an error closes its source', () => {
  /** A body that reports when it is closed, and may fail itself. */
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

  test('if the attempt is closed during the upload', async () => {
    const { closed, source } = opened();
    const body = new GatedBody(source, { drained, commit: async () => true, limit: 1_000 });
    expect(await read(body, () => body.close())).toMatchObject({ error: expect.any(GateClosed) });
    expect(closed).toHaveBeenCalledTimes(1);
  });

  test('if the store fails during the upload', async () => {
    const { closed, source } = opened(new Error('The store is away.'));
    const body = new GatedBody(source, { drained, commit: async () => true, limit: 1_000 });
    expect(await read(body)).toMatchObject({ error: { message: 'The store is away.' } });
    expect(closed).toHaveBeenCalledTimes(1);
  });
});

describe('a closed body', () => {
  test('returns no more pieces', async () => {
    const commit = vi.fn(async () => true);
    const body = new GatedBody(pieces('a', 'b'), { drained, commit, limit: 1_000 });
    const { text, error } = await read(body, () => body.close());
    expect(text).toBe('a');
    expect(error).toBeInstanceOf(GateClosed);
    expect(commit).not.toHaveBeenCalled();
  });

  test('sends nothing, even if it is closed while it wins the gate', async () => {
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

  test('closes its source if its reader closes it', async () => {
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
