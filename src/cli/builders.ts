import type { Builders } from '../job-spec/builder';
import { UsageError } from './exit';
import { loadModule } from './load-module';

/**
 * Loads the builders of a user's module: its `builders` export, else its default export object, else its
 * named function exports.
 */
export async function loadBuilders(name: string): Promise<Builders> {
  const loaded = await loadModule('builders', name);
  const fallback = loaded.default as Record<string, unknown> | undefined;
  const found = loaded.builders ?? fallback?.builders ?? (typeof fallback === 'object' ? fallback : loaded);
  const builders = Object.entries(found as object).filter(([, value]) => typeof value === 'function');
  if (builders.length === 0) {
    throw new UsageError(
      `The builders module ${name} exports no function. ` +
        'Export at least one named function (document) => params.',
    );
  }
  return Object.fromEntries(builders) as Builders;
}
