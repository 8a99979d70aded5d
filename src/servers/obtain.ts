import { constants } from 'node:fs';
import { access, chmod, readdir, rename } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { cached, fillCache } from './cache';
import { lastLines, runCommand } from './child';

export type Log = (message: string) => void;

export const logToStderr: Log = (message) => void process.stderr.write(`${message}\n`);

/** One way to come by an executable: gives its path, or throws the reason why there is none this way. */
export interface Way {
  name: string;
  /** What to say before, where it takes time; a failure is then said at once too. */
  announce?: string;
  get(log: Log): Promise<string>;
}

export class ServerNotFoundError extends Error {
  override readonly name = 'ServerNotFoundError';
  constructor(
    readonly what: string,
    readonly tried: { way: string; reason: string }[],
    install: string,
  ) {
    super(
      [
        `There is no ${what} on this machine, and no way to get it worked:`,
        ...tried.map(({ way, reason }) => `  - ${way}: ${reason}`),
        `What to do: ${install}`,
      ].join('\n'),
    );
  }
}

/** Takes the first way that works and says which. */
export async function obtain(what: string, ways: Way[], install: string, log: Log): Promise<string> {
  const tried: { way: string; reason: string }[] = [];
  for (const way of ways) {
    if (way.announce) log(`${way.announce} …`);
    try {
      const path = await way.get(log);
      log(`${what}: ${path} (${way.name})`);
      return path;
    } catch (error) {
      if (error instanceof WrongSettingError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      if (way.announce) log(`  That did not work: ${reason}`);
      tried.push({ way: way.name, reason });
    }
  }
  throw new ServerNotFoundError(what, tried, install);
}

/** A person named an executable that cannot be used: looking elsewhere would hide it. */
class WrongSettingError extends Error {}

export const fromEnvironment = (variable: string): Way => ({
  name: `the environment variable ${variable}`,
  async get() {
    const value = process.env[variable];
    if (!value) throw new Error('not set');
    const path = resolve(value);
    if (!(await isExecutable(path))) {
      throw new WrongSettingError(`${variable} is ${value}, which is not an executable file.`);
    }
    return path;
  },
});

export const fromCache = (entries: string[], file: string): Way => ({
  name: 'an earlier download or build',
  async get() {
    for (const entry of entries) {
      const path = await cached(entry, file);
      if (path) return path;
    }
    throw new Error('none kept');
  },
});

export const fromPath = (command: string): Way => ({
  name: `${command} on PATH`,
  async get() {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = resolve(folder, command);
      if (folder && (await isExecutable(path))) return path;
    }
    throw new Error('not found');
  },
});

/** The Temporal SDK's own download, in a process of its own, as it may hang behind a closed network. */
export const fromSdkDownload = (
  server: 'dev-server' | 'time-skipping',
  entry: string,
  file: string,
): Way => ({
  name: "the Temporal SDK's download",
  announce: `Downloading the ${server === 'dev-server' ? 'Temporal CLI' : 'time-skipping test server'}`,
  async get() {
    return await fillCache(entry, file, async (folder) => {
      const script = join(__dirname, 'download.js');
      const { code, output, timedOut } = await runCommand(process.execPath, [script, server, folder], {
        timeout: 60_000,
      });
      if (timedOut) throw new Error('no answer within 60 seconds');
      if (code !== 0) throw new Error(lastLines(output, 1));
      const [downloaded] = (await readdir(folder)).filter((name) => !name.endsWith('.downloading'));
      if (!downloaded) throw new Error('it left no file');
      await rename(join(folder, downloaded), join(folder, file));
    });
  },
});

interface GoBuild {
  /** How long it takes on two cores. */
  minutes: number;
  /** The environment variable that names an executable to use instead. */
  instead: string;
}

export const fromGo = (module: string, entry: string, file: string, { minutes, instead }: GoBuild): Way => ({
  name: `go install ${module}`,
  announce:
    `Building with "go install ${module}", which takes about ${minutes} min on two cores and some gigabytes ` +
    `in Go's caches. To use an executable that you have instead, stop and set ${instead} to its path`,
  async get(log) {
    await mustRun('go', ['version'], 'Go is not installed');
    return await fillCache(entry, file, async (folder) => {
      await build('go', ['install', module], log, { env: { GOBIN: folder, GOFLAGS: '' } });
    });
  },
});

/** Runs a long command with a sign of life every 30 seconds. */
export async function build(
  command: string,
  args: string[],
  log: Log,
  options: { env?: NodeJS.ProcessEnv; cwd?: string },
): Promise<void> {
  const limit = 15;
  const began = Date.now();
  const timer = setInterval(() => {
    log(`  … ${command} is still at work (${Math.round((Date.now() - began) / 1000)} s)`);
  }, 30_000);
  try {
    const { code, output, timedOut } = await runCommand(command, args, {
      ...options,
      timeout: limit * 60_000,
    });
    if (timedOut) throw new Error(`${command} was not done after ${limit} minutes`);
    if (code !== 0) throw new Error(`${command} failed: ${lastLines(output)}`);
  } finally {
    clearInterval(timer);
  }
}

export async function mustRun(command: string, args: string[], message: string): Promise<void> {
  const { code } = await runCommand(command, args, { timeout: 30_000 }).catch(() => ({ code: 1 }));
  if (code !== 0) throw new Error(message);
}

export async function makeExecutable(path: string): Promise<void> {
  await chmod(path, 0o755);
}

const isExecutable = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
