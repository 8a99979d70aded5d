import { isLonePlaceholder } from './placeholders';
import { kind, show } from './show';

/** One problem of a request’s params. */
export interface ParamsProblem {
  /** The path in the params, such as `messages[0].role`. Empty for the params as a whole. */
  path: string;
  /** The problem, without the path and without any text of a document. */
  message: string;
}

/** The options of `checkParams`. */
export interface CheckOptions {
  /**
   * Whether the params are a template, in which a lone placeholder may replace an object, an array or a role.
   */
  template?: boolean;
}

const ROLES = ['user', 'assistant', 'system'];

/** Params of a Messages call that are not allowed in a batch, and the reason. */
const REFUSED: Record<string, string> = {
  stream: 'batches do not stream. Leave it out',
  speed: 'batches have no speed setting. Leave it out',
  betas: "betas are sent as a header. Use the job's `betas` option",
  workspace_id: 'it is a header. Set it on the Anthropic client',
  custom_id: 'the job generates it, and it is not one of the params. Leave it out',
  temperature: 'the API version that the SDK sends rejects it. Leave it out',
  top_p: 'the API version that the SDK sends rejects it. Leave it out',
  top_k: 'the API version that the SDK sends rejects it. Leave it out',
};

/**
 * Checks a request before it is sent, because the API checks the params of a batch only when it processes
 * them, up to a day later.
 *
 * @returns the problems. The API may still reject params without any: checks that depend on the model are
 *   left to it.
 */
export function checkParams(params: unknown, { template = false }: CheckOptions = {}): ParamsProblem[] {
  if (!isObject(params)) {
    return template && isLonePlaceholder(params)
      ? []
      : [
          {
            path: '',
            message: `must be an object with model, max_tokens and messages (got ${kind(params)})`,
          },
        ];
  }
  const problems: ParamsProblem[] = [];
  for (const name of Object.keys(params)) {
    if (Object.hasOwn(REFUSED, name) && params[name] !== undefined) {
      problems.push({ path: name, message: `is not allowed in a batch: ${REFUSED[name]}` });
    }
  }
  const { model, max_tokens: maxTokens, messages } = params;
  if (typeof model !== 'string' || model.trim() === '') {
    problems.push({ path: 'model', message: `must be the name of a model (got ${kindOrEmpty(model)})` });
  }
  if (!Number.isSafeInteger(maxTokens) || (maxTokens as number) < 1) {
    const hint =
      template && isLonePlaceholder(maxTokens)
        ? '. A placeholder produces text: write the number, or take the whole params from a field'
        : '';
    const received = typeof maxTokens === 'number' ? show(maxTokens) : kindOrEmpty(maxTokens);
    problems.push({
      path: 'max_tokens',
      message: `must be an integer of at least 1 (got ${received})${hint}`,
    });
  }
  if (!(template && isLonePlaceholder(messages))) problems.push(...checkMessages(messages, template));
  return problems;
}

function checkMessages(messages: unknown, template: boolean): ParamsProblem[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    const received = Array.isArray(messages) ? 'an empty array' : kind(messages);
    return [{ path: 'messages', message: `must be an array of at least one message (got ${received})` }];
  }
  const problems: ParamsProblem[] = [];
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    if (!isObject(message)) {
      if (template && isLonePlaceholder(message)) continue;
      problems.push({ path, message: `must be an object with role and content (got ${kind(message)})` });
      continue;
    }
    const { role, content } = message;
    if (!ROLES.includes(role as string) && !(template && isLonePlaceholder(role))) {
      problems.push({
        path: `${path}.role`,
        message: `must be "user" or "assistant" (got ${kindOrEmpty(role)})`,
      });
    }
    if (typeof content === 'string') continue;
    if (!Array.isArray(content) || content.length === 0) {
      const received = Array.isArray(content) ? 'an empty array' : kind(content);
      problems.push({
        path: `${path}.content`,
        message: `must be a string or a non-empty array of content blocks (got ${received})`,
      });
    }
  }
  return problems;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const kindOrEmpty = (value: unknown) =>
  typeof value === 'string' && value.trim() === '' ? 'an empty string' : kind(value);
