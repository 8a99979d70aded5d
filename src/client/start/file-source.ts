import { stat } from 'node:fs/promises';
import { readRegularFile } from '../../store/file/file-reader';
import type { Store } from '../../store/store';

/** Returns a store-like reader over one local file, which it returns for every key. */
export function fileSource(file: string): Pick<Store, 'head' | 'open'> {
  return {
    async head(key) {
      const { size, mtime: modified } = await stat(file);
      return { key, size, modified };
    },
    open: (_, range) => readRegularFile(file, range),
  };
}
