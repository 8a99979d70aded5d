import type { Document } from './builder';

/**
 * A document's field by its name: an own key of that very name, else the path that its dots make. Only own properties
 * count, so `constructor` is a field only where the document has one.
 *
 * @returns `undefined` where there is none.
 */
export function fieldLookup(name: string): (document: Document) => unknown {
  const path = name.includes('.') ? name.split('.') : undefined;
  return ({ id, fields }) => {
    if (Object.hasOwn(fields, name)) return fields[name];
    // The id is a field also where the input has none and the line number stands in.
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
