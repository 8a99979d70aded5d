import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Drain } from '../../../activities/submission/drain';
import type { UploadSocket } from '../../../src/anthropic/upload-socket';
import { eventually } from '../../support/eventually';

type Written = { -readonly [field in keyof UploadSocket]: UploadSocket[field] };

const socket = (more: Partial<Written> = {}): Written => ({
  writableLength: 0,
  bytesWritten: 0,
  destroyed: false,
  ...more,
});

/** Records whether a wait is over. */
function waiting(drain: Drain) {
  const closing = new AbortController();
  const state = { over: false, error: undefined as unknown };
  drain.done(closing.signal).then(
    () => Object.assign(state, { over: true }),
    (error) => Object.assign(state, { over: true, error }),
  );
  return { state, close: () => closing.abort() };
}

describe('written bytes have left', () => {
  test('when the socket has nothing left to write, and not before', async () => {
    const drain = new Drain(0);
    const one = socket({ writableLength: 5, bytesWritten: 9 });
    drain.use(one);
    const { state } = waiting(drain);
    await sleep(30);
    expect(state.over).toBe(false);
    one.writableLength = 0;
    await eventually(() => state.over);
    expect(state.error).toBeUndefined();
  });

  test('when the socket is closed, because nothing leaves any more', async () => {
    const drain = new Drain(0);
    const one = socket({ writableLength: 5, bytesWritten: 9 });
    drain.use(one);
    const { state } = waiting(drain);
    one.destroyed = true;
    await eventually(() => state.over);
  });

  test('at once if there is no socket', async () => {
    await new Drain(60_000).done(new AbortController().signal);
  });

  test('and the watched pieces pass unchanged', async () => {
    const drain = new Drain(0);
    drain.use(socket());
    const pieces = [Buffer.from('a'), Buffer.from('bc')];
    const seen: Uint8Array[] = [];
    for await (const piece of drain.watched(Readable.from(pieces))) seen.push(piece);
    expect(seen).toEqual(pieces);
    await drain.done(new AbortController().signal);
  });

  test('never if the upload is closed meanwhile', async () => {
    const drain = new Drain(0);
    drain.use(socket({ writableLength: 5 }));
    const { state, close } = waiting(drain);
    close();
    await eventually(() => state.over);
    expect(state.error).toMatchObject({ name: 'AbortError' });
  });
});
