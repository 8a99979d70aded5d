import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { MetricMeter } from '@temporalio/common';
import { failureMessage } from '../job/failure';
import { MESSAGE_BATCH } from '../job/names';
import { chunkOf } from '../temporal/memos';
import { queryText } from '../temporal/query-text';

const EVERY = 15_000;

/** What the gauges are read from, and where they go. */
export interface MetricsWatch {
  client: Client;
  taskQueue: string;
  meter: MetricMeter;
  warn: (message: string) => void;
  /** Ends the watch. */
  signal: AbortSignal;
  /** Milliseconds between two readings. */
  every?: number;
}

/**
 * Sets gauges of the batches in flight on a worker's task queue, every 15 seconds, from the memos of the
 * running chunks. Each worker of the queue reports the same, so take their maximum.
 */
export async function watchMetrics(watch: MetricsWatch): Promise<void> {
  const { meter, taskQueue, warn, signal, every = EVERY } = watch;
  const tags = { task_queue: taskQueue };
  const inFlight = meter.createGauge('anthropic_batch_in_flight', 'int', '', 'Batches in flight');
  const held = meter.createGauge('anthropic_batch_held_chunks', 'int', '', 'Chunks that wait for a person');
  const oldest = meter.createGauge(
    'anthropic_batch_oldest_seconds',
    'int',
    's',
    'Age of the oldest batch in flight',
  );
  do {
    try {
      const seen = await readChunks(watch);
      inFlight.set(seen.inFlight, tags);
      held.set(seen.held, tags);
      oldest.set(Math.max(0, Math.round((Date.now() - seen.oldest) / 1_000)), tags);
    } catch (error) {
      if (!signal.aborted) warn(`The metrics of batches in flight were not read: ${failureMessage(error)}`);
    }
  } while (await sleep(every, true, { signal, ref: false }).catch(() => false));
}

async function readChunks({ client, taskQueue }: MetricsWatch) {
  const query =
    `TaskQueue = ${queryText(taskQueue)} AND ExecutionStatus = 'Running' ` +
    `AND WorkflowType = '${MESSAGE_BATCH}'`;
  const seen = { inFlight: 0, held: 0, oldest: Date.now() };
  for await (const execution of client.workflow.list({ query })) {
    const { state } = chunkOf(execution) ?? {};
    if (state?.phase === 'held') seen.held += 1;
    if (state?.batch === undefined || state.since === undefined) continue;
    seen.inFlight += 1;
    seen.oldest = Math.min(seen.oldest, state.since);
  }
  return seen;
}
