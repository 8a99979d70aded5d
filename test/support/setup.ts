import { runCommand } from '../../src/servers';
import { root } from './root';

/** Brings dist/ up to date with the sources. */
export async function buildIfStale(): Promise<void> {
  await node(['scripts/bootstrap.mjs']);
}

/** Installs a server if necessary and returns its path. Uses dist/, as the demo does. */
export async function serverPath(name: 'temporal' | 'time-skipping' | 'versitygw'): Promise<string> {
  return (await node(['dist/src/servers/main.js', name])).trim();
}

async function node(args: string[]): Promise<string> {
  const { code, output, stdout } = await runCommand(process.execPath, args, {
    cwd: root,
    timeout: 20 * 60_000,
  });
  if (code !== 0) throw new Error(`node ${args.join(' ')} failed:\n${output}`);
  return stdout;
}
