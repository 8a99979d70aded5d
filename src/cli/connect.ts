import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { BatchClient } from '../client/batch-client';
import { BatchClientError } from '../client/errors';
import { GRPC, grpcStatus } from '../client/temporal/grpc';
import { failureMessage } from '../job/failure';
import { Exit, UsageError } from './exit';
import type { SharedOptions } from './options';
import { say } from './output/print';

const PATIENCE = 5_000;

/** Where Temporal is, by its own environment variables and configuration file. */
export function temporalConfig() {
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
    return { connectionOptions, namespace, address: connectionOptions.address ?? 'localhost:7233' };
  } catch (error) {
    throw new UsageError(`Temporal's configuration cannot be read: ${failureMessage(error)}`);
  }
}

export function unreachable(address: string, error: unknown): Exit {
  say(
    `Error: No Temporal server answers at ${address} (${failureMessage(error)}). Start one ("temporal server start-dev"), ` +
      'or name the address in TEMPORAL_ADDRESS.',
  );
  return new Exit(1);
}

const NO_SERVER: ReadonlySet<number | undefined> = new Set([GRPC.unavailable, GRPC.deadlineExceeded]);

/** Whether a command failed because no server answers. An error of the client itself says what happened. */
const isUnreachable = (error: unknown) =>
  !(error instanceof BatchClientError) && NO_SERVER.has(grpcStatus(error)?.code);

/** Connects to Temporal for as long as the work takes. */
export async function withTemporal<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const { connectionOptions, namespace, address } = temporalConfig();
  let connection: Connection;
  try {
    connection = await Connection.connect({
      ...(connectionOptions as ConnectionOptions),
      address,
      connectTimeout: PATIENCE,
    });
  } catch (error) {
    throw unreachable(address, error);
  }
  try {
    return await work(new Client({ connection, namespace }));
  } catch (error) {
    throw isUnreachable(error) ? unreachable(address, error) : error;
  } finally {
    await connection.close();
  }
}

export function withBatches<T>(
  options: SharedOptions,
  work: (batches: BatchClient, client: Client) => Promise<T>,
): Promise<T> {
  return withTemporal((client) => work(batchClient(client, options), client));
}

/** The same for commands that the store alone can answer: whether Temporal is there shows when it is asked. */
export async function withStoredBatches<T>(
  options: SharedOptions,
  work: (batches: BatchClient) => Promise<T>,
): Promise<T> {
  const { connectionOptions, namespace, address } = temporalConfig();
  const connection = Connection.lazy({ ...(connectionOptions as ConnectionOptions), address });
  try {
    return await work(batchClient(new Client({ connection, namespace }), options));
  } catch (error) {
    throw isUnreachable(error) ? unreachable(address, error) : error;
  } finally {
    await connection.close();
  }
}

const batchClient = (client: Client, { store, taskQueue }: SharedOptions) =>
  new BatchClient(client, { store, taskQueue, onWarning: (message) => say(`Warning: ${message}`) });
