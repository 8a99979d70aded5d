import { createServer, type Server } from 'node:http';
import type { NativeConnection, Worker } from '@temporalio/worker';
import type { AnthropicBatchPlugin } from '../plugin';
import type { PluginCheck } from '../worker/plugin-check';
import { UsageError } from './exit';

/** What the probes of a worker ask. */
export interface Probed {
  plugin: Pick<AnthropicBatchPlugin, 'check'>;
  /** Unset until the worker has connected to Temporal. */
  worker?: Pick<Worker, 'getState' | 'getStatus'>;
  connection?: Pick<NativeConnection, 'healthService' | 'withDeadline'>;
}

/** The answer of a probe. */
interface Answer {
  ok: boolean;
  [part: string]: unknown;
}

const ENDED: ReadonlySet<string> = new Set(['STOPPED', 'FAILED']);

/** Milliseconds for which a check of key and store stands. Each check is a call and a few small files. */
const CHECK_STANDS = 60_000;
const SERVER_TIMEOUT = 3_000;

/**
 * Serves the probes of a worker: `GET /live` answers 200 while the process handles events and the worker has
 * not failed, and `GET /ready` while the worker also takes jobs. Any other answer is 503 with the reasons.
 */
export async function serveHealth(port: number, probed: Probed): Promise<Server> {
  let checked: { at: number; found: Promise<PluginCheck> } | undefined;
  const check = () => {
    if (!checked || Date.now() - checked.at > CHECK_STANDS) {
      checked = { at: Date.now(), found: probed.plugin.check() };
    }
    return checked.found;
  };
  const server = createServer(async (request, response) => {
    const answer = await answerTo(request.url, probed, check).catch((error: Error) => {
      return { ok: false, problem: error.message };
    });
    response.writeHead(answer === undefined ? 404 : answer.ok ? 200 : 503, {
      'content-type': 'application/json',
    });
    response.end(`${JSON.stringify(answer ?? { ok: false, problem: 'The paths are /live and /ready.' })}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new UsageError(`\`--health-port\` ${port} cannot be used: ${error.message}.`));
    });
    server.listen(port, () => resolve());
  });
  return server;
}

async function answerTo(
  path: string | undefined,
  { worker, connection }: Probed,
  check: () => Promise<PluginCheck>,
): Promise<Answer | undefined> {
  const state = worker?.getState() ?? 'CONNECTING';
  if (path === '/live') return { ok: !ENDED.has(state), state };
  if (path !== '/ready') return undefined;
  const [isServing, { ok: isUsable, ...parts }] = await Promise.all([serving(connection), check()]);
  const polls = worker !== undefined && isPolling(worker.getStatus());
  return {
    ok: state === 'RUNNING' && polls && isServing && isUsable,
    state,
    polls,
    temporal: isServing,
    ...parts,
  };
}

type Status = ReturnType<Worker['getStatus']>;

/** Returns whether the worker waits for tasks. One whose slots are all in use waits for none. */
function isPolling(status: Status): boolean {
  return (
    (status.hasOutstandingWorkflowPoll || status.numInFlightWorkflowActivations > 0) &&
    (status.hasOutstandingActivityPoll || status.numInFlightActivities > 0)
  );
}

async function serving(connection: Probed['connection']): Promise<boolean> {
  if (!connection) return false;
  try {
    const service = 'temporal.api.workflowservice.v1.WorkflowService';
    const { status } = await connection.withDeadline(Date.now() + SERVER_TIMEOUT, () =>
      connection.healthService.check({ service }),
    );
    return status === 1;
  } catch {
    return false;
  }
}
