// Makes a fresh clone, or one whose files have changed, ready to run: dependencies, then dist/.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, isStale } from './build.mjs';
import { main, must, root, StepFailed, say } from './run.mjs';

export async function bootstrap() {
  checkNode();
  if (!isInstalled()) {
    say('Installing dependencies (npm ci) …');
    await must('npm ci', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  if (isStale()) await build();
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new StepFailed(`Node ${process.versions.node} is too old: this project needs Node 20.19 or later.`);
  }
}

/** Whether node_modules has the versions of package-lock.json, according to npm's list of packages. */
function isInstalled() {
  const installedList = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedList)) return false;
  const wanted = packages(join(root, 'package-lock.json'));
  const installed = packages(installedList);
  return Object.entries(wanted).every(
    ([path, { version, optional, peer, link }]) =>
      path === '' || link || installed[path]?.version === version || (!installed[path] && (optional || peer)),
  );
}

const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(bootstrap);
