import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { type DevServer, type DevServerOptions, startDevServer } from '../../src/servers';
import { own } from './cleanup';
import { tempDir } from './temp-dir';

export interface TestServer {
  /** The value for `TEMPORAL_ADDRESS`. Unchanged by restarts. */
  address: string;
  uiUrl?: string;
  readonly pid: number;
  readonly output: string;
  /** Returns a client with its own connection, which is closed at the end of the test. */
  client(): Promise<Client>;
  stop(): Promise<void>;
  /** SIGKILL. */
  kill9(): Promise<void>;
  /** Restarts the server on the same port, and on its state if it `persists`. Kills it first if it runs. */
  restart(): Promise<void>;
}

export interface TestServerOptions extends Omit<DevServerOptions, 'executable' | 'port' | 'dbFilename'> {
  /** Whether the state outlives the server, in a file. It costs each job twice the time. Default false. */
  persists?: boolean;
}

/** Starts a real Temporal server. It ends with the test, or with the file if called in `beforeAll`. */
export async function testServer({ persists, ...options }: TestServerOptions = {}): Promise<TestServer> {
  const dbFilename = persists ? join(await tempDir(), 'temporal.db') : undefined;
  const executable = inject('temporalServer');
  let server: DevServer = await startDevServer({ ...options, executable, dbFilename });
  own(() => server.kill());
  const { address, port, uiUrl } = server;
  return {
    address,
    uiUrl,
    get pid() {
      return server.pid;
    },
    get output() {
      return server.output;
    },
    async client() {
      const connection = await Connection.connect({ address });
      own(() => connection.close());
      return new Client({ connection });
    },
    stop: () => server.stop(),
    kill9: () => server.kill(),
    async restart() {
      await server.kill();
      const uiPort = uiUrl === undefined ? undefined : Number(new URL(uiUrl).port);
      server = await startDevServer({ ...options, executable, dbFilename, port, uiPort });
    },
  };
}
