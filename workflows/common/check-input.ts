import { ApplicationFailure } from '@temporalio/common';
import { wrongInput } from '../../src/job/check-inputs';
import { FAILURE } from '../../src/job/failure';

/** @throws a failure that ends the workflow, if its input does not have the expected shape */
export function checkInput(workflowType: Parameters<typeof wrongInput>[0], input: unknown): void {
  const wrong = wrongInput(workflowType, input);
  if (wrong === undefined) return;
  throw ApplicationFailure.nonRetryable(
    `The input of ${workflowType} is malformed: ${wrong}. Start it with BatchClient, the command line ` +
      'or a schedule.',
    FAILURE.invalidInput,
  );
}
