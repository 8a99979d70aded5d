// The same as CommonJS.
const Anthropic = require('@anthropic-ai/sdk');
const { NativeConnection, Worker } = require('@temporalio/worker');
const { AnthropicBatchPlugin } = require('temporal-anthropic-batch');

const [address, namespace, taskQueue, store, baseURL] = process.argv.slice(2);

async function main() {
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    namespace,
    taskQueue,
    plugins: [new AnthropicBatchPlugin({ store, anthropic: new Anthropic({ baseURL, apiKey: 'test-key' }) })],
  });
  await worker.run();
}

void main();
