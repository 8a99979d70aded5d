// Compiles the project into dist/ and bundles the workflows for the command line's worker.
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main, must, root, say } from './run.mjs';

const dist = join(root, 'dist');
/** A build writes this file last. It lists the sources of the build. */
const stamp = join(dist, '.built');
const bin = join(dist, 'src', 'cli', 'main.js');
const bundle = join(dist, 'workflow-bundle.js');

/** Whether dist/ is missing, older than a source, or built from another set of files. */
export function isStale() {
  if (!existsSync(stamp)) return true;
  if (readFileSync(stamp, 'utf8') !== list(sources())) return true;
  const built = statSync(stamp).mtimeMs;
  return sources().some((file) => statSync(file).mtimeMs > built);
}

export async function build() {
  say('Building …');
  const began = new Date();
  const from = list(sources());
  rmSync(stamp, { force: true });
  // Files are replaced without being removed first, so that a process that runs from dist/ always has them.
  await must('The build', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  removeLeftovers();
  if (existsSync(bin)) chmodSync(bin, 0o755);
  await bundleWorkflows();
  writeFileSync(stamp, from);
  utimesSync(stamp, began, began);
}

async function bundleWorkflows() {
  const workflowsPath = join(dist, 'workflows', 'index.js');
  if (!existsSync(workflowsPath)) return say('There is no workflows/index.ts yet: no workflow bundle.');
  const { bundleWorkflowCode, DefaultLogger } = createRequire(import.meta.url)('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [workflowsPath],
    logger: new DefaultLogger('WARN', ({ level, message }) => say(`${level} ${message}`)),
  });
  writeFileSync(`${bundle}.tmp`, withoutBuildPaths(code));
  renameSync(`${bundle}.tmp`, bundle);
}

/** Makes the paths in the bundle's source map relative, so that the package has no path of this machine. */
function withoutBuildPaths(code) {
  return code.replace(/(?<=sourceMappingURL=data:application\/json;charset=utf-8;base64,)\S+/, (encoded) => {
    const map = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
    // Not `relative`: the bundler also has names that are not files ("ignored|/path|module"), and its entry
    // point contains paths.
    const local = (text) => text?.replaceAll(`${root}${sep}`, '');
    map.sources = map.sources.map(local);
    map.sourcesContent = map.sourcesContent.map(local);
    return Buffer.from(JSON.stringify(map)).toString('base64');
  });
}

/** Removes compiled files whose source is gone. */
function removeLeftovers() {
  const made = new Set(
    sources()
      .filter((file) => file.endsWith('.ts'))
      .map((file) => relative(root, file).replace(/\.ts$/, ''))
      .flatMap((name) => ['.js', '.js.map', '.d.ts'].map((end) => join(dist, name + end))),
  );
  for (const file of files(dist)) if (!made.has(file) && file !== bundle) rmSync(file);
}

function sources() {
  const folders = ['src', 'workflows', 'activities', 'scripts'].map((folder) => join(root, folder));
  return [
    ...['package.json', 'tsconfig.json', 'tsconfig.build.json'].map((file) => join(root, file)),
    ...folders.flatMap(files).filter((file) => file.endsWith('.ts') || file.endsWith('build.mjs')),
  ];
}

const files = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

const list = (paths) =>
  paths
    .map((path) => `${relative(root, path)}\n`)
    .sort()
    .join('');

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(build);
