import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type ParamType, paramsType } from '../../../src/job-spec/params/schema';
import { SDK_TYPES } from '../../../src/job-spec/params/sdk-types';
import { root } from '../../support/root';

/** The fields and alternatives of a table of types, each with its type's name. */
function fieldsOf(table: string): string[] {
  return table
    .trim()
    .split(/\n(?! )/)
    .flatMap((entry) => {
      const [name, ...lines] = entry.split(/\n {2}(?! )/);
      return lines.map((line) => `${name}.${line.replace(/\s+/g, ' ')}`);
    });
}

describe('the table of the types in the Anthropic SDK', () => {
  it('has what the installed SDK has', async () => {
    const script = await import(pathToFileURL(join(root, 'scripts', 'params-types.mjs')).href);
    const sdk = fieldsOf((script.sdkTypes() as string[]).join('\n'));
    const table = fieldsOf(SDK_TYPES);
    // After an update of the SDK: node scripts/params-types.mjs
    expect({
      missing: sdk.filter((field) => !table.includes(field)),
      tooMuch: table.filter((field) => !sdk.includes(field)),
    }).toEqual({ missing: [], tooMuch: [] });
    expect(sdk.length).toBeGreaterThan(500);
  });

  it.each([false, true])('can be read, and its objects can be told apart (betas: %s)', (betas) => {
    const seen = new Set<ParamType>();
    const names = new Set<string>();
    const visit = (type: ParamType | undefined) => {
      if (!type || seen.has(type)) return;
      seen.add(type);
      // Throws if no field tells the objects apart.
      expect(type.tags === undefined).toBe(type.objects.length < 2);
      visit(type.items);
      visit(type.values);
      for (const object of type.objects) {
        names.add(object.name);
        for (const field of object.fields.values()) visit(field.type);
      }
    };
    visit(paramsType(betas));
    const tables = [...SDK_TYPES.matchAll(/^(\w+)\n {2}[\w[]/gm)].map(([, name]) => name!);
    const expected = betas ? [] : tables.filter((name) => !name.startsWith('Beta'));
    expect([...names]).toEqual(expect.arrayContaining(expected));
    expect(names.size).toBeGreaterThan(100);
  });
});
