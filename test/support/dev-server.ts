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
  /** The file of the server's state. */
  dbFilename: string;
  readonly pid: number;
  readonly output: string;
  /** Returns a client with its own connection, which is closed at the end of the test. */
  client(): Promise<Client>;
  stop(): Promise<void>;
  /** SIGKILL. */
  kill9(): Promise<void>;
  /** Restarts the server on the same port and state. Kills it first if it runs. */
  restart(): Promise<void>;
}

export type TestServerOptions = Omit<DevServerOptions, 'executable' | 'port' | 'dbFilename'>;

/**
 * Starts a real Temporal server with its own folder. It ends with the test, or with the file if called in
 * `beforeAll`.
 */
export async function testServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dbFilename = join(await tempDir(), 'temporal.db');
  const executable = inject('temporalServer');
  let server: DevServer = await startDevServer({ ...options, executable, dbFilename });
  own(() => server.kill());
  const { address, port, uiUrl } = server;
  return {
    address,
    uiUrl,
    dbFilename,
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
