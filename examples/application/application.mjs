// Starts a job, waits for it and prints its results.
import { Client, Connection } from '@temporalio/client';
import { BatchClient } from 'temporal-anthropic-batch/client';

/** Documents from anywhere: a database's cursor would do as well. */
async function* reviews() {
  yield { id: 'r-1', text: 'The kettle boils fast and looks good.' };
  yield { id: 'r-2', text: 'It leaked on the first day.' };
  yield { id: 'r-3', text: 'Does what it says. Nothing more.' };
}

const address = process.env.TEMPORAL_ADDRESS ?? 'localhost:7233';
const connection = await Connection.connect({ address });
const batches = new BatchClient(new Client({ connection }), { store: '.anthropic-batch' });

const job = await batches.start({
  input: { documents: reviews() },
  template: {
    model: 'claude-haiku-5-5',
    max_tokens: 200,
    messages: [{ role: 'user', content: 'Sum up this review in five words: {{text}}' }],
  },
  pollFloor: '1s',
});
console.log(`started ${job.id}`);

const summary = await job.result();
console.log(`${summary.succeeded} of ${summary.documents} succeeded`);
for await (const result of job.results()) {
  console.log(result.id, result.status === 'succeeded' ? result.message.content : result.error);
}
await connection.close();
