import { Connection, type ConnectionOptions } from '@temporalio/client';
import { retry } from '../async/retry';
import { grpcStatus, isPassing } from '../client/temporal/grpc';
import { failureMessage } from '../job/failure';
import type { AnthropicBatchPlugin } from '../plugin';
import { temporalConfig } from './connect';
import { EXIT, Exit } from './exit';
import { inFlags } from './output/message';
import { say } from './output/print';
import { untilSignal } from './signals';

const CONNECT_TIMEOUT = 5_000;
const PAUSE = { least: 1_000, most: 15_000 };

/**
 * Checks the API key, the store and the folder of inputs before a worker runs jobs, and prints every problem.
 *
 * @returns the problems that may pass without a change to the worker
 * @throws {Exit} if the worker could not run jobs.
 */
export async function assertUsable(plugin: AnthropicBatchPlugin): Promise<string[]> {
  const { ok, ...found } = await plugin.check();
  const degraded: string[] = [];
  for (const finding of Object.values(found)) {
    if (finding.state === 'failed') say(`Error: ${inFlags(finding.problem)}`);
    if (finding.state !== 'degraded') continue;
    say(`Warning: ${finding.problem} Jobs wait until the API answers.`);
    degraded.push(finding.problem);
  }
  if (ok) return degraded;
  say('The worker was not started.');
  throw new Exit(EXIT.failed);
}

/**
 * Waits until the Temporal server answers, with pauses of up to 15 s, and warns once.
 *
 * @throws {Exit} on SIGINT and SIGTERM. The server's error if it refuses the connection.
 */
export async function temporalReached(): Promise<void> {
  const { connectionOptions, address } = temporalConfig();
  const stop = untilSignal();
  const stopped = new AbortController();
  void stop.signal.then(() => stopped.abort(new Exit(EXIT.done)));
  const options = { ...(connectionOptions as ConnectionOptions), address, connectTimeout: CONNECT_TIMEOUT };
  const connect = async () => {
    const connection = await Connection.connect(options);
    await connection.close();
  };
  try {
    await retry(connect, {
      signal: stopped.signal,
      schedule(error, tries) {
        if (grpcStatus(error) && !isPassing(error)) return undefined;
        if (tries === 0) {
          say(
            `Warning: No Temporal server answers at ${address} (${failureMessage(error)}). ` +
              'The worker takes no jobs until one does. ' +
              'Start one ("temporal server start-dev"), or set TEMPORAL_ADDRESS to its address.',
          );
        }
        return Math.min(PAUSE.least * 2 ** tries, PAUSE.most);
      },
    });
  } finally {
    stop.forget();
  }
}
