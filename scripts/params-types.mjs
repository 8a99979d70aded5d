// Writes src/job-spec/params/sdk-types.ts from the types of the installed Anthropic SDK: `node
// scripts/params-types.mjs`. Run it after each update of the SDK; a test compares the file with the SDK.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { main, root, say } from './run.mjs';

const SDK = join(root, 'node_modules', '@anthropic-ai', 'sdk', 'resources');
const FILE = join(root, 'src', 'job-spec', 'params', 'sdk-types.ts');

/**
 * The types that a request's params may have, without and with betas, and the names that the table gives
 * them.
 */
const ROOTS = [
  { file: join(SDK, 'messages', 'messages.d.ts'), as: 'Params' },
  { file: join(SDK, 'beta', 'messages', 'messages.d.ts'), as: 'BetaParams' },
];

/**
 * Returns the entries of the table: the name of a type at the start of a line, and below it, indented, its
 * fields or its alternatives. A line that is indented further continues the one before.
 */
export function sdkTypes() {
  const options = { module: ts.ModuleKind.NodeNext, strict: true, skipLibCheck: true, types: [] };
  const program = ts.createProgram(
    ROOTS.map(({ file }) => file),
    options,
  );
  const table = new Table(program.getTypeChecker());
  for (const { file, as } of ROOTS) table.addRoot(program.getSourceFile(file), as);
  return table.lines();
}

class Table {
  #checker;
  /** The name of each type in the table, by its symbol. */
  #names = new Map();
  /** The lines below each name. */
  #types = new Map();

  constructor(checker) {
    this.#checker = checker;
  }

  addRoot(source, as) {
    const exported = this.#checker.getExportsOfModule(this.#checker.getSymbolAtLocation(source));
    const symbol = exported.find(({ name }) => name === 'MessageCreateParamsNonStreaming');
    this.#object(symbol, as);
  }

  /** A beta type that is equal to the type without betas is left out, and the other one takes its place. */
  lines() {
    const same = new Set([...this.#types.keys()].filter((name) => this.#types.has(`Beta${name}`)));
    const plain = (line) => line.replace(/\bBeta(\w+)/g, (beta, name) => (same.has(name) ? name : beta));
    const text = (name) => this.#types.get(name).map(plain).sort().join('\n');
    for (let before = -1; before !== same.size; ) {
      before = same.size;
      for (const name of same) if (text(name) !== text(`Beta${name}`)) same.delete(name);
    }
    return [...this.#types]
      .filter(([name]) => !same.has(name.replace(/^Beta/, '')) || same.has(name))
      .flatMap(([name, lines]) => [name, ...lines.map(plain).map(wrapped)]);
  }

  #object(symbol, name = nameOf(symbol)) {
    if (this.#names.has(symbol)) return this.#names.get(symbol);
    this.#add(symbol, name);
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol);
    const fields = this.#checker.getPropertiesOfType(type).map((field) => {
      const optional = field.flags & ts.SymbolFlags.Optional ? '?' : '';
      return `${field.name}${optional}: ${this.#text(field.declarations[0].type)}`;
    });
    const [index] = this.#checker.getIndexInfosOfType(type);
    if (index) fields.push(`[key]: ${this.#text(index.declaration.type)}`);
    this.#types.set(name, fields);
    return name;
  }

  #add(symbol, name) {
    if (this.#types.has(name)) throw new Error(`The SDK has two types ${name}.`);
    this.#names.set(symbol, name);
    this.#types.set(name, []);
  }

  /**
   * Returns a type as text, in TypeScript's syntax but for `{X}`, an object whose values are all of type X.
   */
  #text(node) {
    const { SyntaxKind } = ts;
    const keyword = { [SyntaxKind.StringKeyword]: 'string', [SyntaxKind.NumberKeyword]: 'number' }[node.kind];
    if (keyword) return keyword;
    if (node.kind === SyntaxKind.BooleanKeyword) return 'boolean';
    if (node.kind === SyntaxKind.UnknownKeyword) return 'unknown';
    if (ts.isLiteralTypeNode(node)) return node.getText();
    if (ts.isParenthesizedTypeNode(node)) return this.#text(node.type);
    if (ts.isUnionTypeNode(node)) return [...new Set(node.types.map((type) => this.#text(type)))].join(' | ');
    // `string & {}`: any text, with some that an editor suggests.
    if (ts.isIntersectionTypeNode(node)) return this.#text(node.types[0]);
    if (ts.isTypeOperatorNode(node)) return this.#text(node.type);
    if (ts.isArrayTypeNode(node)) return listOf(this.#text(node.elementType));
    if (ts.isTypeLiteralNode(node) && node.members.every(ts.isIndexSignatureDeclaration)) {
      return `{${this.#text(node.members[0].type)}}`;
    }
    if (ts.isTypeReferenceNode(node)) return this.#reference(node);
    throw new Error(`This script does not know the syntax of the type ${node.getText()}.`);
  }

  #reference({ typeName, typeArguments }) {
    const name = ts.isQualifiedName(typeName) ? typeName.right : typeName;
    const found = this.#checker.getSymbolAtLocation(name);
    const symbol = found.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(found) : found;
    if (symbol.name === 'Array') return listOf(this.#text(typeArguments[0]));
    const alias = symbol.declarations.find(ts.isTypeAliasDeclaration);
    if (!alias || ts.isTypeLiteralNode(alias.type)) return this.#object(symbol);
    if (this.#names.has(symbol)) return this.#names.get(symbol);
    const text = this.#text(alias.type);
    // Any text, although the SDK names some.
    if (text.split(' | ').includes('string') && !/[A-Z]/.test(text.replace(/'[^']*'/g, ''))) return 'string';
    if (!text.includes(' | ')) return text;
    const own = nameOf(symbol);
    this.#add(symbol, own);
    this.#types.set(
      own,
      text.split(' | ').map((part) => `| ${part}`),
    );
    return own;
  }
}

/** `ToolInputSchema` for the type `InputSchema` in the namespace `Tool`. */
const nameOf = ({ name, parent }) => (parent?.flags & ts.SymbolFlags.Interface ? parent.name + name : name);

/** Breaks a long line between two alternatives. */
const wrapped = (line) =>
  `  ${line}`.replace(/(.{1,95})(?: (?=\| )|$)/g, (_, part, at) => `${at > 0 ? '\n    ' : ''}${part}`);

const listOf = (item) => (item.includes(' | ') ? `(${item})[]` : `${item}[]`);

const HEAD = `/**
 * The types of a request's params in the Anthropic SDK, written by \`node scripts/params-types.mjs\`: the
 * name of a type, and below it its fields or its alternatives. A line that is indented further continues the
 * one before. \`{X}\` is an object whose values are all of type X. \`[key]\` is any field without a line.
 * \`Beta…\` are types for requests with betas; one that equals the type without betas is left out.
 */
export const SDK_TYPES = \``;

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    const lines = sdkTypes();
    writeFileSync(FILE, `${HEAD}\n${lines.join('\n')}\n\`;\n`);
    say(`Wrote ${lines.length} lines. Check them with the test of the table.`);
  });
}
