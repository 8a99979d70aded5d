import { resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import { type Child, startChild } from './child';
import {
  fromCache,
  fromEnvironment,
  fromGo,
  fromPath,
  fromSdkDownload,
  type Log,
  logToStderr,
  obtain,
} from './obtain';
import { accepts, freePorts } from './ports';
import { ServerEndedError, untilReady } from './ready';

const FILE = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
// The newest tag that `go install` accepts. Later ones have a `replace`.
const MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const DOWNLOADED = 'temporal-cli-downloaded';
const BUILT = 'temporal-cli-1.5.1';

/** Finds, downloads or builds the Temporal CLI, which contains the development server. Returns its path. */
export async function temporalServer(options: { log?: Log } = {}): Promise<string> {
  return await obtain(
    'Temporal CLI',
    [
      fromEnvironment('TEMPORAL_CLI_PATH'),
      fromCache([DOWNLOADED, BUILT], FILE),
      fromPath(FILE),
      fromSdkDownload('dev-server', DOWNLOADED, FILE),
      fromGo(MODULE, BUILT, FILE, { minutes: 3, instead: 'TEMPORAL_CLI_PATH' }),
    ],
    'install the Temporal CLI (https://docs.temporal.io/cli) or Go 1.24 or later, or set TEMPORAL_CLI_PATH to a temporal executable.',
    options.log ?? logToStderr,
  );
}

export interface DevServerOptions {
  /** Path of the Temporal CLI, from `temporalServer()`. */
  executable: string;
  /** Default: a free port. */
  port?: number;
  /** 0 selects a free port. Unset: no Web UI. */
  uiPort?: number;
  /** A file that keeps the server's state over restarts. Default: the state ends with the server. */
  dbFilename?: string;
  /** Registered before the server counts as ready: name → `Keyword`, `Text`, `Int`, … */
  searchAttributes?: Record<string, string>;
  /** More arguments of `temporal server start-dev`. */
  args?: string[];
  /** Receives each line of the server's output. */
  log?: Log;
}

export interface DevServer {
  /** `host:port` for `TEMPORAL_ADDRESS` and `Connection.connect`. */
  address: string;
  port: number;
  /** Unset without a Web UI. */
  uiUrl?: string;
  pid: number;
  /** The end of the server's output. */
  readonly output: string;
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

const TRIES = 3;

/**
 * Starts `temporal server start-dev` and waits until it answers. It ends with this process, however that
 * ends. If it ends at once, it is started again: another process may have taken a port that was free when it
 * was chosen, also one of those that the server chooses for its parts.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (tries === TRIES || !(error instanceof ServerEndedError)) throw error;
    }
  }
}

async function startOnce(options: DevServerOptions): Promise<DevServer> {
  const [freePort, freeUiPort] = (await freePorts(2)) as [number, number];
  const port = options.port || freePort;
  const uiPort = options.uiPort === undefined ? undefined : options.uiPort || freeUiPort;
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn'];
  if (uiPort === undefined) args.push('--headless');
  else args.push('--ui-port', String(uiPort));
  if (options.dbFilename) args.push('--db-filename', resolve(options.dbFilename));
  for (const [name, type] of Object.entries(options.searchAttributes ?? {})) {
    args.push('--search-attribute', `${name}=${type}`);
  }
  const child = await startChild(options.executable, [...args, ...(options.args ?? [])], {
    onLine: options.log,
  });
  const address = `127.0.0.1:${port}`;
  await untilReady('Temporal server', child, async () => {
    if (!(await accepts(port))) throw new Error(`nothing listens on ${address}`);
    await serves(address, Object.keys(options.searchAttributes ?? {}));
    if (uiPort !== undefined) await fetch(`http://127.0.0.1:${uiPort}`);
  });
  return devServer(child, address, port, uiPort);
}

function devServer(child: Child, address: string, port: number, uiPort?: number): DevServer {
  return {
    address,
    port,
    uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}`,
    pid: child.pid,
    get output() {
      return child.output;
    },
    stop: child.stop,
    kill: child.kill,
  };
}

/** Waits for the namespace and the search attributes, which are ready a moment after the port listens. */
async function serves(address: string, searchAttributes: string[]): Promise<void> {
  const connection = Connection.lazy({ address });
  try {
    await connection.withDeadline(Date.now() + 5_000, async () => {
      await connection.workflowService.listWorkflowExecutions({ namespace: 'default', pageSize: 1 });
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace: 'default',
      });
      const missing = searchAttributes.filter((name) => !(name in (customAttributes ?? {})));
      if (missing.length > 0) throw new Error(`the search attribute ${missing[0]} is not registered yet`);
    });
  } finally {
    await connection.close();
  }
}
