// A worker as an ES module, with a client of its own.
import Anthropic from '@anthropic-ai/sdk';
import { NativeConnection, Worker } from '@temporalio/worker';
import { AnthropicBatchPlugin } from 'temporal-anthropic-batch';

const [address, namespace, taskQueue, store, baseURL] = process.argv.slice(2);
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  namespace,
  taskQueue,
  plugins: [new AnthropicBatchPlugin({ store, anthropic: new Anthropic({ baseURL, apiKey: 'test-key' }) })],
});
await worker.run();
