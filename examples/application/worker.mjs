// Runs jobs. Start as many as you like, on as many machines as share the store.
import { NativeConnection, Worker } from '@temporalio/worker';
import { AnthropicBatchPlugin } from 'temporal-anthropic-batch';

const address = process.env.TEMPORAL_ADDRESS ?? 'localhost:7233';
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue: 'anthropic-batch',
  plugins: [new AnthropicBatchPlugin({ store: '.anthropic-batch' })],
});
await worker.run();
await connection.close();
