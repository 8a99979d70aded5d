import { isLonePlaceholder } from './placeholders';
import { kind, show } from './show';

export interface ParamsProblem {
  /** Where in the params, such as `messages[0].role`; empty for the params as a whole. */
  path: string;
  /** What is wrong, without the path and without any text of a document. */
  message: string;
}

export interface CheckOptions {
  /** The params are a template: a lone placeholder may stand where an object, an array or a role belongs. */
  template?: boolean;
}

const ROLES = ['user', 'assistant', 'system'];

/** Params of a Messages call that a batch's request must not have, and why. */
const REFUSED: Record<string, string> = {
  stream: 'a batch answers all at once; leave it out',
  speed: 'batches have no speed; leave it out',
  betas: "betas belong to the job's own option `betas`, which sends them as a header",
  workspace_id: 'it is a header; set it on the Anthropic client',
  custom_id: 'the job makes it, and it stands beside the params',
  temperature: 'the API version that the SDK sends refuses it; leave it out',
  top_p: 'the API version that the SDK sends refuses it; leave it out',
  top_k: 'the API version that the SDK sends refuses it; leave it out',
};

/**
 * What can be known to be wrong with a request before it is sent. The API checks the params of a batch only as it works on
 * them, up to a day later.
 *
 * @returns no problem for params that the API may still refuse: what depends on the model is not checked.
 */
export function checkParams(params: unknown, { template = false }: CheckOptions = {}): ParamsProblem[] {
  if (!isObject(params)) {
    return template && isLonePlaceholder(params)
      ? []
      : [{ path: '', message: `must be an object with model, max_tokens and messages, not ${kind(params)}` }];
  }
  const problems: ParamsProblem[] = [];
  for (const name of Object.keys(params)) {
    if (Object.hasOwn(REFUSED, name) && params[name] !== undefined) {
      problems.push({ path: name, message: `is not allowed in a batch: ${REFUSED[name]}` });
    }
  }
  const { model, max_tokens: maxTokens, messages } = params;
  if (typeof model !== 'string' || model.trim() === '') {
    problems.push({ path: 'model', message: `must be the name of a model, not ${kindOrEmpty(model)}` });
  }
  if (!Number.isSafeInteger(maxTokens) || (maxTokens as number) < 1) {
    const hint =
      template && isLonePlaceholder(maxTokens)
        ? ' (a placeholder gives text; write the number, or take the whole params from a field)'
        : '';
    const received = typeof maxTokens === 'number' ? show(maxTokens) : kindOrEmpty(maxTokens);
    problems.push({
      path: 'max_tokens',
      message: `must be a whole number of at least 1, not ${received}${hint}`,
    });
  }
  if (!(template && isLonePlaceholder(messages))) problems.push(...checkMessages(messages, template));
  return problems;
}

function checkMessages(messages: unknown, template: boolean): ParamsProblem[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    const received = Array.isArray(messages) ? 'an empty array' : kind(messages);
    return [{ path: 'messages', message: `must be an array of at least one message, not ${received}` }];
  }
  const problems: ParamsProblem[] = [];
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    if (!isObject(message)) {
      if (template && isLonePlaceholder(message)) continue;
      problems.push({ path, message: `must be an object with role and content, not ${kind(message)}` });
      continue;
    }
    const { role, content } = message;
    if (!ROLES.includes(role as string) && !(template && isLonePlaceholder(role))) {
      problems.push({
        path: `${path}.role`,
        message: `must be "user" or "assistant", not ${kindOrEmpty(role)}`,
      });
    }
    if (typeof content === 'string') continue;
    if (!Array.isArray(content) || content.length === 0) {
      const received = Array.isArray(content) ? 'an empty array' : kind(content);
      problems.push({
        path: `${path}.content`,
        message: `must be a text or an array of content blocks, not ${received}`,
      });
    }
  }
  return problems;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const kindOrEmpty = (value: unknown) =>
  typeof value === 'string' && value.trim() === '' ? 'an empty string' : kind(value);
