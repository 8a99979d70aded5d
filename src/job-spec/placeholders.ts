/** A part of a text: literal text, or the name of a field. */
export type TextPart = string | { field: string };

/** A text has double braces that name no field. */
export class PlaceholderError extends Error {
  override readonly name = 'PlaceholderError';
}

/**
 * Splits a text at `{{field}}`. `\{{` is a literal `{{`. Spaces inside the braces are ignored. A field's name
 * may contain any character except braces.
 *
 * @throws {PlaceholderError} for `{{` without a name or without `}}`.
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
        `contains ${JSON.stringify(text.slice(at, at + 30))}, which names no field. ` +
          'Write {{field}}, or \\{{ for literal braces.',
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

/** Returns the field of a text that is exactly one placeholder, else `undefined`. */
export function loneField(parts: TextPart[]): string | undefined {
  const only = parts.length === 1 ? parts[0] : undefined;
  return typeof only === 'object' ? only.field : undefined;
}

/** Returns the parts of a text that has placeholders, or `undefined` for any other text. */
export function placeholdersIn(text: string): TextPart[] | undefined {
  if (!text.includes('{{')) return undefined;
  try {
    const parts = parsePlaceholders(text);
    return parts.some((part) => typeof part === 'object') ? parts : undefined;
  } catch (error) {
    if (error instanceof PlaceholderError) return undefined;
    throw error;
  }
}
