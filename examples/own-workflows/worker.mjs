// One worker for this package's workflows and your own.
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { AnthropicBatchPlugin } from 'temporal-anthropic-batch';
import { createActivities } from './activities.mjs';

const store = '.anthropic-batch';
const address = process.env.TEMPORAL_ADDRESS ?? 'localhost:7233';
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue: 'anthropic-batch',
  workflowsPath: fileURLToPath(new URL('./workflows.mjs', import.meta.url)),
  activities: createActivities({ store }),
  plugins: [new AnthropicBatchPlugin({ store })],
});
await worker.run();
await connection.close();
