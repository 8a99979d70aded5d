// Checks comments, messages, titles of tests and documents for phrases that are hard to read, and comments and
// Markdown for their widths. `npm run check` calls it. Text in backticks is code and is not checked.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { main, root, say } from './run.mjs';

/** Banned phrases, and what to write instead. A space matches any white space. */
const BANNED = [
  [/\b(nobody|whoever)\b/i, 'name the subject: the worker, the caller'],
  [/\b(bring|brings|brought|come|comes|coming|came) home\b/i, 'collect, download'],
  [/\b(hear|hears|heard) (of|late)\b/i, 'learn, receive'],
  [/\b(tells?|told) of\b|\b(is|are) told\b(?! (that|to)\b)/i, 'report'],
  [/\btold otherwise\b|\bunless told\b/i, 'by default'],
  [/\bwant of\b/i, 'without, insufficient'],
  [/\bdear(er|est)?\b/i, 'expensive'],
  [/\b(give|gives|given|giving|gave) up\b/i, 'presume lost, stop'],
  [/\blook(s|ed|ing)? for\b|\b(an?|one|each|every|another|next|last|first|the|this) look\b/i, 'search'],
  [/\broom (in|for|left|is|to)\b|\bno room\b/i, 'budget, capacity'],
  [/\bwhat came\b/i, 'what was received'],
  [/\bwhatever (it|they|that) (is|was|are|were)\b/i, 'any'],
  [/(?<!\b(soon|long|far) )\bas (it is|they are)\b/i, 'unchanged'],
  [/\b(done|tried) again\b/i, 'retried'],
  [/\bone too many\b/i, 'orphan, duplicate'],
  [/\bfor good\b/i, 'permanently'],
  [/\banew\b/i, 'again'],
  [/\bthe like\b/i, 'name it'],
  [/\bas (one|they) likes?\b/i, 'as you want'],
  [/\bno (larger|smaller|more|fewer|later) (\w+ )?than\b/i, 'at most, at least'],
  [/\bNor (is|are|does|do|has|have|will|can)\b/, 'put the subject first'],
  [/(?<=^|·|[.:] )(Is|Are|Has|Was|Were|Had|Should) (the|an?|it|its|all|no|one)\b[^.?]*,(?![^.]*\?)/m, 'If …'],
].map(([ban, instead]) => [new RegExp(ban.source.replaceAll(' ', '\\s+'), `${ban.flags}g`), instead]);

/** Replaces a text by a mark. Its line breaks stay, so that lines keep their numbers. */
const hide = (text) => text.replace(/[^\n]+/g, '·');

const isText = (token) =>
  ts.isStringLiteralLike(token) || ts.isTemplateHead(token) || ts.isTemplateMiddleOrTemplateTail(token);

/** Hides all of a source file except its comments and literals. */
function proseOfCode(file, code) {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);
  let prose = '';
  const visit = (node) => {
    if (ts.isJSDoc(node)) return; // Like any comment, it also precedes a token.
    const children = node.getChildren(source);
    if (children.length > 0) return children.forEach(visit);
    const text = node.getText(source);
    const comments = code.slice(node.getFullStart(), node.getStart(source));
    prose += comments.replace(/^[^\S\n]*(\/\/|\/?\*+\/?) ?/gm, '');
    prose += isText(node) ? text.replace(/^['"`}]|(['"`]|\$\{)$/g, '·') : hide(text);
  };
  visit(source);
  return prose;
}

const FENCE = /^```[\s\S]*?^```/gm;

/** Returns the problems of a file's text, each with its line. */
export function violations(file, text) {
  const isMarkdown = file.endsWith('.md');
  const prose = (isMarkdown ? text : proseOfCode(file, text))
    .replace(FENCE, hide)
    .replace(/`[^`\n]*`/g, hide);
  const phrases = BANNED.flatMap(([ban, instead]) =>
    [...prose.matchAll(ban)].map(({ 0: found, index }) => ({
      line: prose.slice(0, index).split('\n').length,
      problem: `“${found.replace(/\s+/g, ' ').slice(0, 60)}”: ${instead}`,
    })),
  );
  const isTooWide = isMarkdown
    ? (line) => !line.startsWith('|') && line.replace(/\]\(.*?\)/g, '').length > 130
    : (line) => /^\s*(\/\/|\/?\*)/.test(line) && line.length > 110;
  const wide = (isMarkdown ? text.replace(FENCE, hide) : text)
    .split('\n')
    .flatMap((line, n) =>
      isTooWide(line) ? { line: n + 1, problem: `${line.length} characters wide` } : [],
    );
  return [...phrases, ...wide]
    .sort((a, b) => a.line - b.line)
    .map(({ line, problem }) => `${file}:${line} ${problem}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(() => {
    const files = execFileSync('git', ['ls-files', '*.ts', '*.mts', '*.mjs', '*.md'], { cwd: root });
    const found = `${files}`
      .split('\n')
      .filter((file) => file !== '' && !/\bprose\.(test\.ts|mjs)$/.test(file))
      .flatMap((file) => violations(file, readFileSync(join(root, file), 'utf8')));
    for (const violation of found) say(violation);
    if (found.length === 0) say('Comments, messages and documents are in plain words.');
    return found.length === 0 ? 0 : 1;
  });
}
