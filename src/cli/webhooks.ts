import type { Webhooks } from '../webhook/webhook';
import { UsageError } from './exit';

/**
 * Returns the webhooks of `--webhook NAME=URL` flags, with the secrets of the environment: that of `ops` is
 * in `ANTHROPIC_BATCH_WEBHOOK_SECRET_OPS`.
 *
 * @throws {UsageError} for a flag without a name, a repeated name and a secret that is not set
 */
export function webhooksOf(flags: readonly string[], env: NodeJS.ProcessEnv): Webhooks {
  const webhooks = new Map<string, Webhooks[string]>();
  for (const flag of flags) {
    const [, name, url] = /^([^=]+)=(.+)$/.exec(flag) ?? [];
    if (name === undefined || url === undefined) {
      throw new UsageError(
        `\`--webhook\` must be NAME=URL, such as ops=https://example.com/hook (got ${flag}).`,
      );
    }
    if (webhooks.has(name)) throw new UsageError(`\`--webhook\` has the name ${name} more than once.`);
    const variable = `ANTHROPIC_BATCH_WEBHOOK_SECRET_${name.replaceAll('-', '_').toUpperCase()}`;
    const secret = env[variable];
    if (!secret) {
      throw new UsageError(
        `The webhook ${name} needs its secret in the environment variable ${variable}: whsec_ and 24 to 64 ` +
          'bytes in Base64.',
      );
    }
    webhooks.set(name, { url, secret });
  }
  return Object.fromEntries(webhooks);
}
