// Writes the histories of a scenario's workflows: one file, one event on each line, compressed.

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import proto from '@temporalio/proto';
import { until } from './world.mjs';

const { MESSAGE_BATCH } = createRequire(import.meta.url)('../../dist/src/job/names.js');
const { History } = proto.temporal.api.history.v1;

/** Fields that no replay needs. Stack traces name this machine; the others only take space. */
const LEFT_OUT = new Set([
  ...['stackTrace', 'taskId', 'requestId', 'namespaceId', 'parentWorkflowNamespaceId'],
  ...['workerVersion', 'meteringMetadata', 'historySizeBytes', 'links', 'retryPolicy'],
  ...['startToCloseTimeout', 'heartbeatTimeout'],
]);

/** Chunks of a job of which histories are written. They stand for the others. */
const CHUNKS = 2;

/** Writes the histories of all runs on the world's task queue, once all have ended. */
export async function writeHistories({ client, name }, file) {
  const query = `TaskQueue = "${name}"`;
  await until(
    async () => (await client.workflow.count(`${query} AND ExecutionStatus = "Running"`)).count === 0,
  );
  const runs = [];
  for await (const run of client.workflow.list({ query })) if (isWritten(run)) runs.push(run);
  runs.sort((a, b) => order(a.workflowId, b.workflowId) || a.startTime - b.startTime);
  const histories = await Promise.all(runs.map((run) => historyOf(client, run)));
  const compressed = gzipSync(`[\n${histories.join(',\n')}\n]\n`, { level: 9 });
  writeFileSync(file, compressed);
  return { histories: histories.length, bytes: compressed.length };
}

const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function isWritten({ type, workflowId }) {
  const chunk = /\/chunk-(\d+)/.exec(workflowId);
  return type !== MESSAGE_BATCH || Number(chunk[1]) < CHUNKS;
}

/** Returns a history as JSON. Child workflows are named after the workflow, so a replay needs its id. */
async function historyOf(client, { workflowId, runId }) {
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const plain = History.toObject(history, { enums: String, longs: String, bytes: String });
  const events = plain.events.map((event) =>
    JSON.stringify(event, (key, value) => (isNoise(key, value) ? undefined : value)),
  );
  return `{"workflowId":${JSON.stringify(workflowId)},"events":[\n${events.join(',\n')}\n]}`;
}

function isNoise(key, value) {
  if (LEFT_OUT.has(key)) return true;
  const empty = value?.constructor === Object && Object.keys(value).length === 0;
  return empty && !/^\d+$|EventAttributes$/.test(key);
}
