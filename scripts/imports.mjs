// Checks the imports of each folder, whose name says where its code runs. `npm run check` calls it. The
// linter cannot distinguish imports of types from others.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { main, root, say } from './run.mjs';

/**
 * `only` lists everything that files may import, `never` what they may not. `types` lists what they may also
 * import as types. Targets are packages, or paths of this project without an extension.
 */
const rules = [
  {
    of: /^workflows\//,
    only: [/^@temporalio\/(workflow|common)$/, /^workflows\//, /^src\/(job|cost)\//],
    types: /^activities\b/,
    why: 'Workflows run in the sandbox: they import @temporalio/workflow, @temporalio/common, src/job, src/cost, and types of activities.',
  },
  {
    of: /^src\/(job|cost)\//,
    only: [/^src\/(job|cost)\//],
    why: 'src/job and src/cost are pure and run in workflows too: they import nothing but each other.',
  },
  {
    of: /^(src\/(?!anthropic\/)|activities\/|scripts\/servers\/)/,
    never: [/^@anthropic-ai\/sdk/],
    types: /^@anthropic-ai\/sdk/,
    why: 'Only src/anthropic imports the Anthropic SDK; others may import its types.',
  },
  {
    of: /^src\/client(\/|\.ts$)/,
    never: [
      /^@temporalio\/(worker|testing|activity)/,
      /^(activities|workflows|src\/cli)\b/,
      /^src\/(plugin|index)$/,
    ],
    types: /^(activities|workflows)\b/,
    why: 'Application code imports the client: it never loads the worker, nor what runs there.',
  },
  {
    of: /^src\/(anthropic|store|records|job-spec|input|lines|scratch|async)\//,
    never: [
      /^@temporalio\/(worker|client|workflow|testing)/,
      /^(activities|workflows|src\/(cli|client|plugin|index))\b/,
    ],
    why: 'Imports point one way: cli → client, plugin → activities → anthropic, records, input → store, job-spec → job, cost.',
  },
  {
    of: /^activities\//,
    never: [/^@temporalio\/(worker|workflow|testing)/, /^(workflows|src\/(cli|plugin|index))\b/],
    why: 'Imports point one way: cli → client, plugin → activities → anthropic, records, input → store, job-spec → job, cost.',
  },
  {
    of: /^src\/(?!cli\/)/,
    never: [/^src\/cli\b/, /^scripts\//],
    why: 'Nothing below the command line imports it.',
  },
  {
    of: /^src\/simulator\//,
    never: [/^(src\/(?!simulator\/)|activities|workflows)/],
    why: 'The simulator judges the product and shares nothing with it.',
  },
  { of: /^(?!test\/)/, never: [/^test\//], why: 'Nothing imports from test/.' },
];

export function violations(
  folders = ['src', 'workflows', 'activities', 'scripts', 'examples', 'bench', 'test'],
) {
  return folders
    .flatMap((folder) => sources(folder))
    .flatMap((file) =>
      imports(file).flatMap(({ line, target, typeOnly }) =>
        rules
          .filter((rule) => rule.of.test(file) && isForbidden(rule, target, typeOnly))
          .map((rule) => `${file}:${line} imports ${target}. ${rule.why}`),
      ),
    );
}

function isForbidden({ only, never, types }, target, typeOnly) {
  if (typeOnly && types?.test(target)) return false;
  return only ? !only.some((allowed) => allowed.test(target)) : never.some((banned) => banned.test(target));
}

function imports(file) {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const found = [];
  const add = (node, specifier, typeOnly) =>
    found.push({
      line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1,
      target: targetOf(file, specifier),
      typeOnly,
    });
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      add(node, node.moduleSpecifier.text, isTypeOnly(node));
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal.text, true);
    } else if (
      ts.isCallExpression(node) &&
      isLoad(node.expression) &&
      ts.isStringLiteral(node.arguments[0])
    ) {
      add(node, node.arguments[0].text, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `import()` and `require()`. `require.resolve()` loads nothing. */
const isLoad = (callee) =>
  callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');

function isTypeOnly(node) {
  if (ts.isExportDeclaration(node)) {
    return node.isTypeOnly || everyIsType(node.exportClause);
  }
  const clause = node.importClause;
  if (!clause) return false;
  return clause.isTypeOnly || (!clause.name && everyIsType(clause.namedBindings));
}

const everyIsType = (bindings) =>
  bindings?.elements?.length > 0 && bindings.elements.every((element) => element.isTypeOnly);

function targetOf(file, specifier) {
  if (!specifier.startsWith('.')) return specifier;
  return relative(root, resolve(root, file, '..', specifier))
    .replaceAll('\\', '/')
    .replace(/\.[cm]?[jt]s$/, '');
}

function sources(folder) {
  let entries = [];
  try {
    entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return entries
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !file.includes('node_modules/'))
    .sort();
}

await main(() => {
  const found = violations();
  for (const violation of found) say(violation);
  if (found.length === 0) say('Every folder imports only what it may.');
  return found.length === 0 ? 0 : 1;
});
