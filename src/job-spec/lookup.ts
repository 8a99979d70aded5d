import type { Document } from './builder';

/**
 * Returns a function that gets a document's field by name: the own key with exactly that name, else the path
 * that its dots form. Only own properties count, so `constructor` is a field only if the document has one. A
 * missing field is `undefined`.
 */
export function fieldLookup(name: string): (document: Document) => unknown {
  const path = name.includes('.') ? name.split('.') : undefined;
  return ({ id, fields }) => {
    if (Object.hasOwn(fields, name)) return fields[name];
    // `id` is always a field: without one in the input it is the line number.
    if (name === 'id') return id;
    return path && walk(fields, path);
  };
}

function walk(fields: Record<string, unknown>, path: string[]): unknown {
  let value: unknown = fields;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
