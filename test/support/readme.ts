import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './root';

export interface CodeBlock {
  language: string;
  /** The first line without its comment sign: the file's name, if the block is a file. */
  name: string;
  /** The whole block, including the first line. */
  code: string;
}

/** Returns the fenced code blocks of a Markdown text. */
export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
    language,
    name: code.split('\n', 1)[0]!.replace(/^(\/\/|#)\s*/, ''),
    code,
  }));
}

/** Returns a block of README.md by its first line, unchanged. */
export async function readmeBlock(name: string): Promise<string> {
  const block = codeBlocks(await readFile(join(root, 'README.md'), 'utf8')).find(
    (each) => each.name === name,
  );
  if (!block)
    throw new Error(`README.md has no code block whose first line is a comment that says "${name}".`);
  return block.code;
}
