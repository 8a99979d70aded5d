import { z } from 'zod';

/** The allowed names of webhooks. A part of the names of environment variables. */
export const WEBHOOK_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** The server refuses other names, and a workflow that uses one could not go on. */
const name = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => text.isWellFormed() && !text.startsWith('/_sys/'));

/** Bytes. The arguments travel with the summary, in one payload of at most 2 MB. */
const MOST_ARGS = 64 * 1024;

/** JSON, so that the arguments that the workflow gets are those that were given. */
const args = z.array(z.json()).refine((given) => Buffer.byteLength(JSON.stringify(given)) <= MOST_ARGS);

/** The rule of the option `onComplete`. */
export const onComplete = z.union([
  z.strictObject({ workflow: name, taskQueue: name.optional(), args: args.optional() }),
  z.strictObject({ webhook: z.string().regex(WEBHOOK_NAME) }),
]);

/** What the option may be, in words that continue "must be". */
export const ON_COMPLETE =
  '{"workflow": TYPE}, with "taskQueue" and at most 64 KB of "args" (an array of JSON values) if needed, or ' +
  '{"webhook": NAME} with a name of letters, digits, "_" and "-"';
