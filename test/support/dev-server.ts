import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { type DevServer, type DevServerOptions, startDevServer } from '../../src/servers';
import { own, ownForFile } from './cleanup';
import { eventually } from './eventually';
import { tempDir } from './temp-dir';

/** A namespace of a Temporal server. */
export interface TestServer {
  address: string;
  namespace: string;
  /** The environment in which another process finds the namespace. */
  env: { TEMPORAL_ADDRESS: string; TEMPORAL_NAMESPACE: string };
  /** Returns a client with its own connection, which is closed at the end of the test. */
  client(): Promise<Client>;
}

let started: Promise<DevServer> | undefined;

/**
 * Starts the Temporal server that the tests of a file share. Its state is in memory: a file would double a
 * job's time. A server for all files would serialize the work of those that run at the same time.
 */
async function startShared(): Promise<DevServer> {
  const server = await startDevServer({ executable: inject('temporalServer') });
  ownForFile(() => server.kill());
  return server;
}

/** Returns a new namespace of the file's Temporal server. No other test sees what is in it. */
export async function testServer(): Promise<TestServer> {
  started ??= startShared();
  const { address } = await started;
  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: (24 * 3_600) as never },
    });
    // Other parts of the server know it a moment later.
    await eventually(() => connection.workflowService.listWorkflowExecutions({ namespace, pageSize: 1 }));
  } finally {
    await connection.close();
  }
  return testNamespace(address, namespace);
}

function testNamespace(address: string, namespace: string): TestServer {
  return {
    address,
    namespace,
    env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
    async client() {
      const connection = await Connection.connect({ address });
      own(() => connection.close());
      return new Client({ connection, namespace });
    },
  };
}

/** The state outlives the server, but not the machine: waiting for the disk would take half of the time. */
const NO_SYNC = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=off'];

export interface OwnServer extends TestServer {
  uiUrl?: string;
  /** SIGKILL. */
  kill9(): Promise<void>;
  /** Restarts the server on the same port and state. Kills it first if it runs. */
  restart(): Promise<void>;
}

/** Starts a Temporal server that a test may configure, kill and restart. It ends with the test. */
export async function ownServer({ uiPort }: Pick<DevServerOptions, 'uiPort'> = {}): Promise<OwnServer> {
  const dbFilename = join(await tempDir(), 'temporal.db');
  const options = { executable: inject('temporalServer'), dbFilename, args: NO_SYNC };
  let server: DevServer = await startDevServer({ ...options, uiPort });
  own(() => server.kill());
  const { address, port, uiUrl } = server;
  return {
    ...testNamespace(address, 'default'),
    uiUrl,
    kill9: () => server.kill(),
    async restart() {
      await server.kill();
      server = await startDevServer({
        ...options,
        port,
        uiPort: uiUrl ? Number(new URL(uiUrl).port) : undefined,
      });
    },
  };
}
