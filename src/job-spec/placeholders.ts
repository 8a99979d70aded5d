/** A text in pieces: what stands there as it is, and names of fields. */
export type TextPart = string | { field: string };

/** A text with braces that name no field. */
export class PlaceholderError extends Error {
  override readonly name = 'PlaceholderError';
}

/**
 * Takes a text apart at `{{field}}`. `\{{` is a literal `{{`. Spaces inside the braces do not count; a field's name may
 * hold any character but braces.
 *
 * @throws {PlaceholderError} for `{{` without a name and a `}}`.
 */
export function parsePlaceholders(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let literal = '';
  let from = 0;
  for (let at = text.indexOf('{{'); at !== -1; at = text.indexOf('{{', from)) {
    if (at > from && text[at - 1] === '\\') {
      literal += `${text.slice(from, at - 1)}{{`;
      from = at + 2;
      continue;
    }
    literal += text.slice(from, at);
    const close = text.indexOf('}}', at + 2);
    const field = close === -1 ? '' : text.slice(at + 2, close).trim();
    if (field === '' || /[{}]/.test(field)) {
      throw new PlaceholderError(
        `${JSON.stringify(text.slice(at, at + 30))} names no field; write {{field}}, or \\{{ for the braces themselves.`,
      );
    }
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push({ field });
    from = close + 2;
  }
  literal += text.slice(from);
  if (literal !== '' || parts.length === 0) parts.push(literal);
  return parts;
}

/** The field of a text that is one placeholder and nothing else. */
export function loneField(parts: TextPart[]): string | undefined {
  const only = parts.length === 1 ? parts[0] : undefined;
  return typeof only === 'object' ? only.field : undefined;
}

/** Whether a text may become an object or array: it is one placeholder and nothing else. */
export function isLonePlaceholder(value: unknown): boolean {
  return typeof value === 'string' && /^\{\{[^{}]*\}\}$/.test(value);
}
