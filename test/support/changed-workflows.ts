// The workflows with a change that makes a history which those of the package cannot replay: on a signal of the tests they start
// a timer more. Only a bundler loads this file.
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
