import type { AnyParams } from './text';

interface Schema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
}

/**
 * Returns JSON that matches the schema in `output_config.format`, with `text` for its strings; `undefined` if
 * none is requested.
 */
export function structuredText(params: AnyParams, text: string): string | undefined {
  const format = (params.output_config as { format?: { type?: string; schema?: Schema } | null } | undefined)
    ?.format;
  if (format?.type !== 'json_schema' || !format.schema) return undefined;
  return JSON.stringify(sample(format.schema, text, format.schema.$defs ?? {}, 0));
}

function sample(schema: Schema, text: string, defs: Record<string, Schema>, depth: number): unknown {
  if (depth > 20) return null;
  const next = (each: Schema) => sample(each, text, defs, depth + 1);
  if (schema.$ref) return next(defs[schema.$ref.split('/').at(-1)!] ?? {});
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf?.[0]) return next(schema.anyOf[0]);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, each]) => [name, next(each)]),
      );
    case 'array':
      return schema.items && depth < 5 ? [next(schema.items)] : [];
    case 'string':
      return text;
    case 'integer':
    case 'number':
      return text.length;
    case 'boolean':
      return true;
    default:
      return null;
  }
}
