import { describe, expect, it } from 'vitest';
import { violations } from '../../../scripts/prose.mjs';

const wide = (width: number) => 'x'.repeat(width);

describe('the prose check of code finds', () => {
  it.each([
    ['a line comment', 'const a = 1;\n\n// Nobody knows.', 'f.ts:3 “Nobody”: name the subject'],
    ['a comment after code', 'f();\ng(); // for good', 'f.ts:2 “for good”: permanently'],
    ['a docstring', '/**\n * One.\n *\n * Whoever.\n */\nfunction f() {}\ng(); // x', 'f.ts:4 “Whoever”'],
    ['a phrase over two lines', '/**\n * It looks\n * for it.\n */\nf();', 'f.ts:2 “looks for”: search'],
    ['an inverted condition', '\nf(); // Is the job paused, it waits.', 'f.ts:2 “Is the job paused,”: If'],
    ['a string', "f();\nit('is left as it is', g);", 'f.ts:2 “as it is”: unchanged'],
    ['a template', `f();\nconst a = \`\${b}\nis dear to \${c}\`;`, 'f.ts:3 “dear”: expensive'],
    ['a wide comment', `f();\n  // ${wide(106)}`, 'f.ts:2 111 characters wide'],
  ])('%s', (_, code, found) => {
    expect(violations('f.ts', code)).toEqual([expect.stringContaining(found)]);
  });

  it('all problems, in the order of lines', () => {
    expect(violations('f.mjs', `// ${wide(108)}\n// anew\n/* the like */`)).toEqual([
      'f.mjs:1 111 characters wide',
      'f.mjs:2 “anew”: again',
      'f.mjs:3 “the like”: name it',
    ]);
  });
});

describe('the prose check of code ignores', () => {
  it.each([
    ['names', 'const nobody = whoever.dear(anew);'],
    ['regular expressions', 'f(/for good/);'],
    ['names in backticks', '// The parameter `nobody`.\nthrow new Error(`The job \\`anew\\` is unknown.`);'],
    ['examples in fences', '/**\n * ```ts\n * start(nobody);\n * ```\n */\nf();'],
    ['wide code', `f(${wide(120)});`],
    ['conditions with the subject first', '// It polls as soon as it is allowed. Is the job paused, or not?'],
  ])('%s', (_, code) => {
    expect(violations('f.ts', code)).toEqual([]);
  });
});

describe('the prose check of Markdown', () => {
  it.each([
    ['a phrase', 'One.\n\nIt is told by\nwhoever asks.', ['f.md:3 “is told”: report', 'f.md:4 “whoever”']],
    ['a wide line', `# A\n\n${wide(131)}`, ['f.md:3 131 characters wide']],
    ['a line after a fence', '```sh\nanew\n```\n\nanew', ['f.md:5 “anew”: again']],
  ])('finds %s', (_, text, found) => {
    expect(violations('f.md', text)).toEqual(found.map((each) => expect.stringContaining(each)));
  });

  it.each([
    ['fences', `\`\`\`sh\nnobody ${wide(131)}\n\`\`\``],
    ['names in backticks', 'The option `anew`.'],
    ['wide tables', `| ${wide(131)} |`],
    ['targets of links', `[a](${wide(131)})`],
  ])('ignores %s', (_, text) => {
    expect(violations('f.md', text)).toEqual([]);
  });
});
