import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of the servers: TEMPORAL_ANTHROPIC_BATCH_CACHE, or one in the user's cache folder. */
function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = 'temporal-anthropic-batch';
  if (env.TEMPORAL_ANTHROPIC_BATCH_CACHE) return env.TEMPORAL_ANTHROPIC_BATCH_CACHE;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, own);
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', own);
  if (process.platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, own);
  return join(homedir(), '.cache', own);
}

export async function cached(entry: string, file: string): Promise<string | undefined> {
  const path = join(cacheFolder(), entry, file);
  return (await exists(path)) ? path : undefined;
}

/**
 * Fills a cache entry: `fill` writes into a temporary folder, which becomes the entry in one step. If two
 * processes fill an entry at the same time, the later one uses the earlier one's result.
 */
export async function fillCache(
  entry: string,
  file: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const root = cacheFolder();
  const target = join(root, entry);
  await mkdir(root, { recursive: true });
  const folder = await mkdtemp(join(root, `.${entry}-`));
  try {
    await fill(folder);
    if (!(await exists(join(folder, file)))) throw new Error(`it left no ${file}`);
    try {
      await rename(folder, target);
    } catch (error) {
      if (!(await exists(join(target, file)))) throw error;
    }
    return join(target, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
