import { Connection, type ConnectionOptions } from '@temporalio/client';
import { retry } from '../async/retry';
import { grpcStatus, isPassing } from '../client/temporal/grpc';
import type { AnthropicBatchPlugin } from '../plugin';
import { noServer, temporalConfig } from './connect';
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
    say(`Warning: ${finding.problem} Jobs wait until the API answers.${proxyAdvice(finding.problem)}`);
    degraded.push(finding.problem);
  }
  if (ok) return degraded;
  say('The worker was not started.');
  throw new Exit(EXIT.failed);
}

/** Returns why a proxy is not used, if one is set and the API cannot be reached. */
function proxyAdvice(problem: string): string {
  const { HTTPS_PROXY, https_proxy, NODE_USE_ENV_PROXY } = process.env;
  if (!(HTTPS_PROXY || https_proxy) || NODE_USE_ENV_PROXY === '1' || !/cannot be reached/.test(problem))
    return '';
  return (
    ' HTTPS_PROXY is set, but Node.js uses it only with NODE_USE_ENV_PROXY=1 (Node.js 22.21 and later, not ' +
    '23).'
  );
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
          say(`Warning: ${noServer(address, error)} The worker takes no jobs until one answers.`);
        }
        return Math.min(PAUSE.least * 2 ** tries, PAUSE.most);
      },
    });
  } finally {
    stop.forget();
  }
}
