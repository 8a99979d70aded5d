import type { Client } from '@temporalio/client';
import { CHUNK_STATE, PING, SEGMENT_NEWS } from '../../src/job/names';
import type { Random } from './random';

/** A meaningless signal, which any client of the namespace can send. */
export interface Junk {
  signal: string;
  /** Unset: no argument. */
  payload?: { encoding: string; data: string };
}

const SIGNALS = [CHUNK_STATE, CHUNK_STATE, SEGMENT_NEWS, SEGMENT_NEWS, PING, 'anthropicPause', 'toString'];

const DATA: readonly Junk['payload'][] = [
  undefined,
  ...[
    'null',
    '7',
    '[]',
    '{}',
    '{"chunk":0}',
    '{"chunk":-1,"phase":"polling","requests":1,"round":0,"batches":0}',
    '{"chunk":0,"phase":"dancing","requests":1,"round":0,"batches":0}',
    '{"segment":0,"totals":null}',
    '{"segment":1e99,"totals":{"done":"all"}}',
    '{"__proto__":{"chunk":0}}',
    '{"chunk":',
    'no JSON',
  ].map((data) => ({ encoding: 'json/plain', data })),
  { encoding: 'binary/null', data: '' },
  { encoding: 'binary/plain', data: '\u0000\u0001' },
  { encoding: 'json/protobuf', data: '{}' },
  { encoding: 'of another tool', data: 'x' },
];

export const drawJunk = (random: Random): Junk => ({
  signal: random.pick(SIGNALS),
  payload: random.pick(DATA),
});

/** Sends it to a running workflow. @throws if the workflow does not run */
export async function sendJunk(client: Client, workflowId: string, { signal, payload }: Junk): Promise<void> {
  const payloads = payload && [
    { metadata: { encoding: Buffer.from(payload.encoding) }, data: Buffer.from(payload.data) },
  ];
  await client.workflowService.signalWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    signalName: signal,
    input: payloads && { payloads },
  });
}
