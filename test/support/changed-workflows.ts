// The workflows with a change that creates a history which the package's own workflows cannot replay: on a
// signal of the tests they start an additional timer. Only a bundler loads this file.
import { defineSignal, setHandler, sleep } from '@temporalio/workflow';
import { anthropicDocumentSet as documentSet, anthropicMessageBatch as messageBatch } from '../../workflows';

export * from '../../workflows';

const extraTimer = defineSignal('testExtraTimer');

function changed<Input, Output>(workflow: (input: Input) => Promise<Output>) {
  return (input: Input): Promise<Output> => {
    setHandler(extraTimer, () => {
      // Not awaited: a job waits for its handlers before it ends.
      void sleep('1 day');
    });
    return workflow(input);
  };
}

export const anthropicDocumentSet = changed(documentSet);
export const anthropicMessageBatch = changed(messageBatch);
