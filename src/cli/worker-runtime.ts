import type { LogEntry, LogLevel, RuntimeOptions } from '@temporalio/worker';
import { UsageError } from './exit';

/** How a worker logs. `text` is for people, `json` has one object per line. */
export type LogFormat = 'text' | 'json';

/** The settings of a worker's process. */
export interface RuntimeSettings {
  logLevel: LogLevel;
  logFormat: LogFormat;
  /** The address at which Prometheus metrics are served. Unset: none are. */
  metrics?: string;
}

/** Installs Temporal's runtime with the logs and metrics of a worker. */
export async function installRuntime({ logLevel, logFormat, metrics }: RuntimeSettings): Promise<void> {
  const { DefaultLogger, makeTelemetryFilterString, Runtime } = await import('@temporalio/worker');
  const logger = logFormat === 'json' ? new DefaultLogger(logLevel, writeJson) : new DefaultLogger(logLevel);
  const core = logLevel === 'INFO' ? 'WARN' : logLevel;
  const telemetryOptions: RuntimeOptions['telemetryOptions'] = {
    // Temporal's Rust core would write its own format to stdout otherwise.
    logging: { filter: makeTelemetryFilterString({ core, other: 'ERROR' }), forward: {} },
    ...(metrics === undefined ? {} : { metrics: { prometheus: { bindAddress: bindAddress(metrics) } } }),
  };
  try {
    Runtime.install({ logger, telemetryOptions });
  } catch (error) {
    if (metrics === undefined) throw error;
    throw new UsageError(`Metrics cannot be served at ${metrics}: ${(error as Error).message}.`);
  }
}

function writeJson({ level, message, timestampNanos, meta }: LogEntry): void {
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const text = JSON.stringify({ ...meta, level, time, message }, (_, value) =>
    typeof value === 'bigint' ? value.toString() : value instanceof Error ? value.stack : value,
  );
  process.stderr.write(`${text}\n`);
}

/** Returns the address of `--metrics`: as given, or the port on all interfaces. @throws {UsageError} */
export function bindAddress(given: string): string {
  const address = /^\d+$/.test(given) ? `0.0.0.0:${given}` : given;
  const port = Number(/^(?:\d+(?:\.\d+){3}|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(address)?.[1]);
  if (port >= 1 && port <= 65_535) return address;
  throw new UsageError(
    `\`--metrics\` must be a port, or an IP address with a port such as 127.0.0.1:9464 (got ${given}).`,
  );
}
