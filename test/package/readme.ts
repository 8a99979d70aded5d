import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../support/root';

/** A program of the README: the fenced TypeScript block with the file's name in its first line, a comment. */
export async function readmeProgram(name: string, kind: 'esm' | 'cjs'): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  const block = blocks.find((text) => text.startsWith(`// ${name}\n`));
  if (!block) throw new Error(`README.md has no \`\`\`ts block that begins with "// ${name}".`);
  const module = kind === 'esm' ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS;
  return ts.transpileModule(block, {
    compilerOptions: { module, target: ts.ScriptTarget.ES2023, esModuleInterop: true },
  }).outputText;
}
