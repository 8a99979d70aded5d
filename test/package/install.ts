import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../src/servers';
import { root } from '../support/root';
import { tempDir } from '../support/temp-dir';

export interface InstalledPackage {
  /** The empty project's folder, with `esm/` (`type: module`) and `cjs/` below it. */
  dir: string;
  /** Paths in the tarball. */
  files: string[];
  /** Writes a program into `esm/` or `cjs/` and runs it. Returns its output. @throws if it fails */
  node(kind: 'esm' | 'cjs', program: string, options?: { env?: NodeJS.ProcessEnv }): Promise<string>;
  run(command: string, args: string[]): Promise<string>;
}

/** Packs the project and installs the tarball, with only its required peers, into an empty folder. */
export async function installPackage(): Promise<InstalledPackage> {
  const dir = await tempDir();
  const run = async (command: string, args: string[], cwd = dir, env: NodeJS.ProcessEnv = {}) => {
    const { code, output, stdout } = await runCommand(command, args, {
      cwd,
      // npm passes its settings to the programs that it starts. An outer `npm test` must not affect the inner
      // npm.
      env: { ...withoutNpm(), ...env },
      keep: Number.POSITIVE_INFINITY,
      timeout: 10 * 60_000,
    });
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
    return stdout;
  };

  const packed = await run(npm, ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], root);
  const [tarball] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  await writeFile(join(dir, 'package.json'), JSON.stringify({ private: true }));
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await run(npm, ['install', ...quiet, join(dir, tarball.filename), ...(await requiredPeers())]);
  for (const [kind, type] of [
    ['esm', 'module'],
    ['cjs', 'commonjs'],
  ] as const) {
    await mkdir(join(dir, kind));
    await writeFile(join(dir, kind, 'package.json'), JSON.stringify({ private: true, type }));
  }
  let programs = 0;
  return {
    dir,
    files: tarball.files.map((file) => file.path),
    run,
    async node(kind, program, options) {
      programs += 1;
      const file = join(dir, kind, `program-${programs}.js`);
      await writeFile(file, program);
      return await run(process.execPath, [file], join(dir, kind), options?.env);
    },
  };
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

const withoutNpm = () =>
  Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^(npm_|NODE_OPTIONS$|VITEST|NODE_ENV$)/i.test(name))
      .map((name) => [name, undefined]),
  );

/** The required peers, at the versions of the project's devDependencies. */
async function requiredPeers(): Promise<string[]> {
  const { peerDependencies, peerDependenciesMeta, devDependencies } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  );
  return Object.keys(peerDependencies)
    .filter((name) => !peerDependenciesMeta[name]?.optional)
    .map((name) => `${name}@${devDependencies[name]}`);
}
