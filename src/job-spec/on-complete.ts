import { z } from 'zod';

/** The allowed names of webhooks. A part of the names of environment variables. */
export const WEBHOOK_NAME = /^[A-Za-z0-9_-]{1,64}$/;

const name = z.string().min(1).max(200);

/** JSON, so that the arguments that the workflow gets are those that were given. */
const args = z.array(z.json());

/** The rule of the option `onComplete`. */
export const onComplete = z.union([
  z.strictObject({ workflow: name, taskQueue: name.optional(), args: args.optional() }),
  z.strictObject({ webhook: z.string().regex(WEBHOOK_NAME) }),
]);

/** What the option may be, in words that continue "must be". */
export const ON_COMPLETE =
  '{"workflow": TYPE}, with "taskQueue" and an array "args" of JSON values if needed, or ' +
  '{"webhook": NAME} with a name of letters, digits, "_" and "-"';
