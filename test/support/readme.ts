import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './root';

export interface CodeBlock {
  language: string;
  /** The first line without its comment sign: the file's name, where the block is a file. */
  name: string;
  /** All of the block, first line included. */
  code: string;
}

/** The fenced code blocks of a Markdown text. */
export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
    language,
    name: code.split('\n', 1)[0]!.replace(/^(\/\/|#)\s*/, ''),
    code,
  }));
}

/** A block of README.md by its first line, as it is written there. */
export async function readmeBlock(name: string): Promise<string> {
  const block = codeBlocks(await readFile(join(root, 'README.md'), 'utf8')).find(
    (each) => each.name === name,
  );
  if (!block)
    throw new Error(`README.md has no code block whose first line is a comment that says "${name}".`);
  return block.code;
}
