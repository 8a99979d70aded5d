import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { type DevServer, type DevServerOptions, startDevServer } from '../../scripts/servers';
import { own } from './cleanup';
import { tempDir } from './temp-dir';

export interface TestServer {
  /** For `TEMPORAL_ADDRESS`; the same over restarts. */
  address: string;
  uiUrl?: string;
  /** Where the server keeps its state. */
  dbFilename: string;
  readonly pid: number;
  readonly output: string;
  /** A client on a connection of its own, closed with the test. */
  client(): Promise<Client>;
  stop(): Promise<void>;
  /** SIGKILL. */
  kill9(): Promise<void>;
  /** Starts the server again on its port and state; one that still stands is killed first. */
  restart(): Promise<void>;
}

export type TestServerOptions = Omit<DevServerOptions, 'executable' | 'port' | 'dbFilename'>;

/** A real Temporal server with a folder of its own, ended with the test (or the file, when made in `beforeAll`). */
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
