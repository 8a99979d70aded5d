/** Params from outside. Anything may be missing or of another type. */
export type AnyParams = Record<string, unknown>;

const blocksOf = (content: unknown): unknown[] => (Array.isArray(content) ? content : [content]);

const textOfBlock = (block: unknown): string => {
  if (block === undefined || block === null) return '';
  if (typeof block === 'string') return block;
  const text = (block as { text?: unknown }).text;
  return typeof text === 'string' ? text : JSON.stringify(block);
};

export const textOf = (content: unknown): string => blocksOf(content).map(textOfBlock).join('\n');

const messagesOf = (params: AnyParams): { role?: unknown; content?: unknown }[] =>
  Array.isArray(params.messages)
    ? params.messages.filter((each) => typeof each === 'object' && each !== null)
    : [];

/** Returns the whole text of a request: the system prompt and all messages. */
export const requestText = (params: AnyParams): string =>
  [params.system, ...messagesOf(params).map((message) => message.content)].map(textOf).join('\n');

export const lastUserText = (params: AnyParams): string =>
  textOf(messagesOf(params).findLast((message) => message.role === 'user')?.content);
