import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Simulator } from '../../../src/simulator/index';
import { eventually } from '../../support/eventually';
import { tempDir } from '../../support/temp-dir';
import { clientOf, requestsOf, simulate } from './support';

const head = (length: number) =>
  [
    'POST /v1/messages/batches HTTP/1.1',
    'host: simulator',
    'x-api-key: key',
    'anthropic-version: 2023-06-01',
    'content-type: application/json',
    `content-length: ${length}`,
    '\r\n',
  ].join('\r\n');

/** Sends bytes over a new socket, and waits until they have left this process. */
async function sendRaw(simulator: Simulator, bytes: Buffer): Promise<Socket> {
  const socket = connect(simulator.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  return socket;
}

const uploads = (dir: string) => {
  try {
    return readdirSync(join(dir, 'incoming'));
  } catch {
    return [];
  }
};

describe('a batch exists once its whole body has arrived', () => {
  const body = Buffer.from(JSON.stringify({ requests: requestsOf(1000) }));
  const whole = Buffer.concat([Buffer.from(head(body.length)), body]);

  test('an incomplete body creates nothing', async () => {
    const dir = await tempDir();
    const simulator = await simulate({ dir });
    const socket = await sendRaw(simulator, whole.subarray(0, -1));
    await eventually(() => uploads(dir).length === 1);
    socket.destroy();
    await eventually(() => uploads(dir).length === 0);
    expect(await simulator.batches()).toEqual([]);
  });

  test('a whole body creates one although its client is gone', async () => {
    const simulator = await simulate();
    const socket = await sendRaw(simulator, whole);
    socket.destroy();
    const batches = await eventually(async () => {
      const all = await simulator.batches();
      return all.length > 0 && all;
    });
    expect(batches).toMatchObject([{ request_counts: { processing: 1000 } }]);
  });

  test('also while the clock is slow to answer', async () => {
    const simulator = await simulate({
      now: () => new Promise((resolve) => setTimeout(resolve, 100, Date.now())),
    });
    (await sendRaw(simulator, whole)).destroy();
    await eventually(async () => (await simulator.batches()).length === 1);
  });

  test('an upload that stalls is dropped', async () => {
    const simulator = await simulate({ stallTimeout: 100 });
    const socket = await sendRaw(simulator, whole.subarray(0, 5000));
    await new Promise((resolve) => socket.once('close', resolve).resume());
    expect(await simulator.batches()).toEqual([]);
    await clientOf(simulator).messages.batches.create({ requests: requestsOf(1) });
  });

  test('a partial body of a killed simulator is gone after the restart', async () => {
    const dir = await tempDir();
    const simulator = await simulate({ dir });
    await sendRaw(simulator, whole.subarray(0, -1));
    await eventually(() => uploads(dir).length === 1);
    const next = await simulate({ dir });
    expect(uploads(dir)).toEqual([]);
    expect(await next.batches()).toEqual([]);
  });
});
