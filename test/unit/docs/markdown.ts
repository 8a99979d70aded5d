import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/root';

/** The project's Markdown files, as paths from its folder. */
export function markdownFiles(): string[] {
  const inFolder = (folder: string) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => (folder === '' ? name : `${folder}/${name}`));
  return [...inFolder(''), ...inFolder('docs')];
}

export const readMarkdown = (file: string): string => readFileSync(join(root, file), 'utf8');

const withoutCode = (markdown: string) => markdown.replace(/^```[\s\S]*?^```$/gm, '');

/** The targets of all links and images, without those in code. */
export function links(markdown: string): string[] {
  const text = withoutCode(markdown).replace(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1]!);
}

interface Heading {
  level: number;
  /** The text as written, without the number signs. */
  text: string;
}

export function headings(markdown: string): Heading[] {
  return [...withoutCode(markdown).matchAll(/^(#+) (.+)$/gm)].map(([, signs, text]) => ({
    level: signs!.length,
    text: text!.trim(),
  }));
}

/** The anchor that GitHub gives a heading. */
const anchor = ({ text }: Heading): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .replace(/\s/g, '-');

/** All that a link to a Markdown file may have after the number sign: headings, and anchors in tables. */
export const anchors = (markdown: string): string[] => [
  ...headings(markdown).map(anchor),
  ...[...withoutCode(markdown).matchAll(/<a id="([^"]+)"><\/a>/g)].map((match) => match[1]!),
];

/** The text below a heading, up to the next one of the same or a higher level. */
export function section(markdown: string, heading: string): string {
  const lines = markdown.split('\n');
  const at = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '').trim() === heading);
  if (at === -1) throw new Error(`There is no heading "${heading}".`);
  const level = /^#+/.exec(lines[at]!)![0].length;
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => (/^(#+) /.exec(line)?.[1]?.length ?? 99) <= level);
  return rest.slice(0, end === -1 ? undefined : end).join('\n');
}

/** The rows of all tables of a text, without their headers. Cells are as written. */
export function rows(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines
    .filter((line, index) => !/^\|[\s|:-]+\|$/.test(line) && !/^\|[\s|:-]+\|$/.test(lines[index + 1] ?? ''))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

/** The code at the start of a cell, or `undefined`. */
export const codeOf = (cell: string | undefined): string | undefined => /^`([^`]+)`/.exec(cell ?? '')?.[1];
