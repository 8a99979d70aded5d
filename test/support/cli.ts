import { join } from 'node:path';
import { type Child, runCommand, startChild } from '../../src/servers';
import { own } from './cleanup';
import type { TestServer } from './dev-server';
import { eventually, Hopeless } from './eventually';
import { root } from './root';
import { tempDir } from './temp-dir';

/** The built command line. */
const bin = join(root, 'dist', 'src', 'cli', 'main.js');

const READY = 180_000;

/** Removes the developer's own environment variables, which must not affect a test. */
function cleanEnv(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const ambient = Object.keys(process.env).filter(
    (name) => /^(ANTHROPIC|TEMPORAL|AWS)_/.test(name) && !/^TEMPORAL_(CLI|TEST_SERVER)_PATH$/.test(name),
  );
  return { ...Object.fromEntries(ambient.map((name) => [name, undefined])), NO_COLOR: '1', ...env };
}

export interface CliOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  stdin?: string;
  /** Milliseconds. Default: three minutes. */
  timeout?: number;
}

export interface CliResult {
  /** The exit code, or the signal's name. */
  code: number | NodeJS.Signals;
  stdout: string;
  stderr: string;
}

/** Runs a command of the command line to its end. */
export async function runCli(args: string[], options: CliOptions = {}): Promise<CliResult> {
  const { env, cwd, stdin, timeout = 180_000 } = options;
  const { code, stdout, stderr, timedOut } = await runCommand(process.execPath, [bin, ...args], {
    env: cleanEnv(env),
    cwd,
    input: stdin,
    keep: Number.POSITIVE_INFINITY,
    timeout,
  });
  if (timedOut) {
    throw new Error(
      `anthropic-batch ${args.join(' ')} did not end within ${timeout} ms:\n${stdout}${stderr}`,
    );
  }
  return { code, stdout, stderr };
}

/** A long-running command. It is killed at the end of the test at the latest. */
export interface CliProcess extends Omit<Child, 'kill'> {
  /** SIGKILL. */
  kill9(): Promise<void>;
}

/** Starts a long-running command. With `until`, waits for matching output. */
export async function spawnCli(
  args: string[],
  options: CliOptions & { until?: RegExp } = {},
): Promise<CliProcess> {
  const child = await startChild(process.execPath, [bin, ...args], {
    env: cleanEnv(options.env),
    cwd: options.cwd,
    input: options.stdin,
    keep: Number.POSITIVE_INFINITY,
  });
  own(() => child.kill());
  if (options.until) await untilOutput(child, options.until, `anthropic-batch ${args[0]}`, options.timeout);
  return Object.assign(child, { kill9: child.kill });
}

async function untilOutput(child: Child, pattern: RegExp, what: string, timeout = READY): Promise<void> {
  await eventually(
    () => {
      if (pattern.test(child.output)) return true;
      if (child.ended !== undefined)
        throw new Hopeless(`${what} ended with ${child.ended}:\n${child.output}`);
      throw new Error(`it wrote:\n${child.output}`);
    },
    { timeout, interval: 20, what: `${pattern} in the output of ${what}` },
  );
}

export interface WorkerOptions {
  /** The Temporal server. */
  server: Pick<TestServer, 'env'>;
  store: string;
  /** Default: the command line's default. */
  taskQueue?: string;
  anthropicBaseUrl: string;
  /** Default `test-key`. */
  anthropicApiKey?: string;
  env?: NodeJS.ProcessEnv;
  args?: string[];
}

/** Starts a worker in its own process and waits until it polls. */
export async function spawnWorker(options: WorkerOptions): Promise<CliProcess> {
  const queue = options.taskQueue ? ['--task-queue', options.taskQueue] : [];
  return await spawnCli(['worker', '--store', options.store, ...queue, ...(options.args ?? [])], {
    until: /Worker ready/,
    env: {
      ...options.server.env,
      ANTHROPIC_BASE_URL: options.anthropicBaseUrl,
      ANTHROPIC_API_KEY: options.anthropicApiKey ?? 'test-key',
      ...options.env,
    },
  });
}

export interface SimulatorProcess extends CliProcess {
  /** The address for `ANTHROPIC_BASE_URL`. */
  url: string;
  port: number;
  /** The folder of its state. */
  dir: string;
  /** Kills this simulator and starts another one on the same port and state. */
  restart(): Promise<SimulatorProcess>;
}

export interface SimulatorOptions {
  /** Default: a free port. */
  port?: number;
  /** Default: a temporary folder of the test. */
  dir?: string;
  args?: string[];
  env?: NodeJS.ProcessEnv;
}

/** Starts the simulated Message Batches API in its own process and waits until it answers. */
export async function spawnSimulator(options: SimulatorOptions = {}): Promise<SimulatorProcess> {
  const dir = options.dir ?? (await tempDir());
  const child = await spawnCli(
    ['simulator', '--port', String(options.port ?? 0), '--dir', dir, ...(options.args ?? [])],
    { until: /Simulator ready at \S+/, env: options.env },
  );
  const url = /Simulator ready at (\S+)/.exec(child.output)?.[1] as string;
  const port = Number(new URL(url).port);
  return Object.assign(child, {
    url,
    port,
    dir,
    async restart() {
      await child.kill9();
      return await spawnSimulator({ ...options, dir, port });
    },
  });
}
