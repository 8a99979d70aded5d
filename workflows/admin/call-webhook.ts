import { setWorkflowOptions } from '@temporalio/workflow';
import type { CallWebhookInput } from '../../src/job/inputs';
import { webhookStep } from '../common/activity-proxies';
import { checkInput } from '../common/check-input';
import { versioning } from '../common/versioning';

setWorkflowOptions(versioning, anthropicCallWebhook);

/** Calls the webhook of a job that has ended, until its server accepts the call. Fails after three days. */
export async function anthropicCallWebhook(input: CallWebhookInput): Promise<void> {
  checkInput('anthropicCallWebhook', input);
  await webhookStep.anthropicSendWebhook.executeWithOptions(
    { summary: `call the webhook ${input.webhook}` },
    [input],
  );
}
