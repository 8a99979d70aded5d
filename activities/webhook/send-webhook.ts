import { FAILURE } from '../../src/job/failure';
import type { CallWebhookInput } from '../../src/job/inputs';
import { callWebhook, WebhookError } from '../../src/webhook/webhook';
import { onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';

/** Calls the webhook of a job that has ended. At least once: an answer may be lost. */
export function createSendWebhook(deps: ActivityDeps) {
  return async function anthropicSendWebhook({
    job,
    webhook: name,
    summary,
  }: CallWebhookInput): Promise<void> {
    return onJob(deps, { job }, async (signal) => {
      const { webhooks = {} } = deps;
      const webhook = Object.hasOwn(webhooks, name) ? webhooks[name] : undefined;
      if (!webhook) {
        const known = Object.keys(webhooks).join(', ') || 'none';
        const message =
          `This worker has no webhook ${JSON.stringify(name)} (it has: ${known}). Register it with the plugin’s ` +
          '`webhooks`, or with `worker --webhook NAME=URL`.';
        throw new StepError(FAILURE.unknownWebhook, message);
      }
      try {
        await callWebhook(name, webhook, summary, signal);
      } catch (error) {
        if (!(error instanceof WebhookError)) throw error;
        const { message, publicMessage, final } = error;
        throw new StepError(FAILURE.webhookFailed, message, { publicMessage, final });
      }
    });
  };
}
