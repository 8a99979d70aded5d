/** The request template of most tests: a document's text is the prompt. */
export const TEMPLATE = {
  model: 'claude-haiku-5-5',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: '{{text}}' }],
};

/** Returns the params that the template makes from a text. */
export const paramsOf = (text: string) => ({
  ...TEMPLATE,
  messages: [{ role: 'user' as const, content: text }],
});
