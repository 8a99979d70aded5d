import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';

const address = process.env.TEMPORAL_ADDRESS ?? 'localhost:7233';
const connection = await Connection.connect({ address });
const { workflow } = new Client({ connection });

const counts = await workflow.execute('judgeReviews', {
  workflowId: `judge-${Date.now()}`,
  taskQueue: 'anthropic-batch',
  args: [fileURLToPath(new URL('./reviews.jsonl', import.meta.url))],
});
console.log(counts);
await connection.close();
