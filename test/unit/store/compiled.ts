import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const SOURCE = join(__dirname, '../../../src/store');

/** Compiles the store's folder into `folder`, so that plain Node processes can load it, and returns `file.js`'s path. */
export async function compiledFileStore(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2023 };
  for (const name of await readdir(SOURCE)) {
    const { outputText } = transpileModule(await readFile(join(SOURCE, name), 'utf8'), { compilerOptions });
    await writeFile(join(folder, name.replace(/\.ts$/, '.js')), outputText);
  }
  return join(folder, 'file.js');
}
