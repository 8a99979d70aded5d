import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { grpcStatus, isPassing } from '../client/temporal/grpc';
import { failureMessage } from '../job/failure';
import type { AnthropicBatchPlugin } from '../plugin';
import { temporalConfig } from './connect';
import { EXIT, Exit } from './exit';
import { say } from './output/print';
import { untilSignal } from './signals';

const PATIENCE = 5_000;
const PAUSE = { least: 1_000, most: 15_000 };

/**
 * Checks the key, the store and the folder of inputs before a worker takes jobs.
 *
 * @returns what is wrong and may pass by itself, each said already
 * @throws {Exit} when the worker could only let jobs wait; all problems were said.
 */
export async function assertUsable(plugin: AnthropicBatchPlugin): Promise<string[]> {
  const { ok, ...found } = await plugin.check();
  const degraded: string[] = [];
  for (const finding of Object.values(found)) {
    if (finding.state === 'failed') say(`Error: ${finding.problem}`);
    if (finding.state !== 'degraded') continue;
    say(`Warning: ${finding.problem} Jobs wait until the API answers.`);
    degraded.push(finding.problem);
  }
  if (ok) return degraded;
  say('The worker was not started.');
  throw new Exit(EXIT.failed);
}

/**
 * Waits until the Temporal server answers, with a pause of up to 15 s, and says once that it waits.
 *
 * @throws {Exit} on SIGINT and SIGTERM. The error of a server that answers and refuses the connection.
 */
export async function temporalReached(): Promise<void> {
  const { connectionOptions, address } = temporalConfig();
  const stop = untilSignal();
  const stopped = new AbortController();
  stop.signal.then(() => stopped.abort());
  try {
    for (let pause = PAUSE.least; ; pause = Math.min(2 * pause, PAUSE.most)) {
      const options = { ...(connectionOptions as ConnectionOptions), address, connectTimeout: PATIENCE };
      const error = await Connection.connect(options).then((connection) => connection.close(), asError);
      if (error === undefined) return;
      if (grpcStatus(error) && !isPassing(error)) throw error;
      if (pause === PAUSE.least) {
        say(
          `Warning: No Temporal server answers at ${address} (${failureMessage(error)}). The worker takes no jobs until one does. ` +
            'Start one ("temporal server start-dev"), or name the address in TEMPORAL_ADDRESS.',
        );
      }
      await sleep(pause, undefined, { signal: stopped.signal }).catch(() => {
        throw new Exit(EXIT.done);
      });
    }
  } finally {
    stop.forget();
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
