import { Client, Connection } from '@temporalio/client';

const address = process.env.TEMPORAL_ADDRESS ?? 'localhost:7233';
const connection = await Connection.connect({ address });
const { workflow } = new Client({ connection });

const counts = await workflow.execute('judgeReviews', {
  workflowId: `judge-${Date.now()}`,
  taskQueue: 'anthropic-batch',
  args: [
    [
      { id: 'r-1', text: 'The kettle boils fast and looks good.' },
      { id: 'r-2', text: 'It leaked on the first day.' },
    ],
  ],
});
console.log(counts);
await connection.close();
