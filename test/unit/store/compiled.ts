import { join } from 'node:path';
import { compileFolder } from '../../support/compile-folder';
import { root } from '../../support/root';

/** Compiles the store into `folder` for plain Node processes. Returns the path of the file store. */
export async function compiledFileStore(folder: string): Promise<string> {
  for (const name of ['store', 'errors']) await compileFolder(join(root, 'src', name), join(folder, name));
  return join(folder, 'store/file/file-store.js');
}
