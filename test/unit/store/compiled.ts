import { join } from 'node:path';
import { compileFolder } from '../../support/compile-folder';
import { root } from '../../support/root';

/** Compiles the store's folder into `folder` for plain Node processes. Returns the path of the file store. */
export async function compiledFileStore(folder: string): Promise<string> {
  await compileFolder(join(root, 'src/store'), folder);
  return join(folder, 'file/file-store.js');
}
