import { Client, Connection, type ConnectionOptions, type DataConverter } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { BatchClient } from '../client/batch-client';
import { GRPC, grpcStatus } from '../client/temporal/grpc';
import { AnthropicBatchError } from '../errors/anthropic-batch-error';
import { failureMessage } from '../job/failure';
import { loadDataConverter } from './data-converter';
import { Exit, UsageError } from './exit';
import type { SharedOptions } from './options';
import { say } from './output/print';

const CONNECT_TIMEOUT = 5_000;

/**
 * Returns Temporal's address, namespace and options from its own environment variables and configuration
 * file.
 */
export function temporalConfig() {
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
    return { connectionOptions, namespace, address: connectionOptions.address ?? 'localhost:7233' };
  } catch (error) {
    throw new UsageError(`Temporal's configuration cannot be read: ${failureMessage(error)}`);
  }
}

/** Prints that no Temporal server answers, and returns the exit. */
export function unreachable(address: string, error: unknown): Exit {
  say(`Error: ${noServer(address, error)}`);
  return new Exit(1);
}

/** Returns that no Temporal server answers, and what to do. */
export function noServer(address: string, error: unknown): string {
  return `No Temporal server answers at ${address} (${failureMessage(error)}). ${serverAdvice(address)}`;
}

/** Returns the mistake in the settings that probably keeps a connection from being made. */
function serverAdvice(address: string): string {
  const { apiKey, tls } = temporalConfig().connectionOptions;
  if (/\.(tmprl\.cloud|api\.temporal\.io)(:\d+)?$/.test(address) && apiKey === undefined && !tls) {
    return (
      'Temporal Cloud needs TLS: set TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and ' +
      'TEMPORAL_TLS_CLIENT_KEY_PATH.'
    );
  }
  if (apiKey !== undefined && tls) {
    return (
      'The connection uses TLS, because TEMPORAL_API_KEY or the profile has an API key. For a server without ' +
      'TLS, set TEMPORAL_TLS=false or remove the key.'
    );
  }
  return 'Start one ("temporal server start-dev"), or set TEMPORAL_ADDRESS to its address.';
}

const NO_SERVER: ReadonlySet<number | undefined> = new Set([GRPC.unavailable, GRPC.deadlineExceeded]);

/**
 * Returns whether a command failed because no server answers. This package's own errors say so themselves.
 */
const isUnreachable = (error: unknown) =>
  !(error instanceof AnthropicBatchError) && NO_SERVER.has(grpcStatus(error)?.code);

/** Connects to Temporal, runs the work and closes the connection. */
export async function withTemporal<T>(
  work: (client: Client) => Promise<T>,
  dataConverter?: DataConverter,
): Promise<T> {
  const { connectionOptions, namespace, address } = temporalConfig();
  let connection: Connection;
  try {
    connection = await Connection.connect({
      ...(connectionOptions as ConnectionOptions),
      address,
      connectTimeout: CONNECT_TIMEOUT,
    });
  } catch (error) {
    throw unreachable(address, error);
  }
  try {
    return await work(new Client({ connection, namespace, dataConverter }));
  } catch (error) {
    throw isUnreachable(error) ? unreachable(address, error) : error;
  } finally {
    await connection.close();
  }
}

/** Connects to Temporal, and runs the work with a client. */
export async function withBatches<T>(
  options: SharedOptions,
  work: (batches: BatchClient, client: Client) => Promise<T>,
): Promise<T> {
  const dataConverter = await dataConverterOf(options);
  return withTemporal((client) => work(batchClient(client, options), client), dataConverter);
}

/**
 * Like `withBatches`, for commands that may need only the store: connects to Temporal when it is first used.
 */
export async function withStoredBatches<T>(
  options: SharedOptions,
  work: (batches: BatchClient) => Promise<T>,
): Promise<T> {
  const dataConverter = await dataConverterOf(options);
  const { connectionOptions, namespace, address } = temporalConfig();
  const connection = Connection.lazy({ ...(connectionOptions as ConnectionOptions), address });
  try {
    return await work(batchClient(new Client({ connection, namespace, dataConverter }), options));
  } catch (error) {
    throw isUnreachable(error) ? unreachable(address, error) : error;
  } finally {
    await connection.close();
  }
}

const batchClient = (client: Client, { store, taskQueue }: SharedOptions) =>
  new BatchClient(client, { store, taskQueue, onWarning: (message) => say(`Warning: ${message}`) });

/** Returns the data converter of the flag. @throws {UsageError} if its module cannot be used. */
export const dataConverterOf = async ({
  dataConverter,
}: SharedOptions): Promise<DataConverter | undefined> =>
  dataConverter === undefined ? undefined : loadDataConverter(dataConverter);
