import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const KEEP = 200_000;
const TERM_TIMEOUT = 10_000;

export interface ChildOptions {
  cwd?: string;
  /** Added to the parent's environment. `undefined` removes a variable. */
  env?: NodeJS.ProcessEnv;
  /** The child's standard input. Default: none. */
  input?: string;
  /** How many of the last characters of its output are kept. Default: 200,000. */
  keep?: number;
  /** Receives each line of the child's output. */
  onLine?: (line: string) => void;
}

export interface Child {
  pid: number;
  /** The end of the child's output, with both streams in order of arrival. */
  readonly output: string;
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, or the signal's name, once the child has ended. */
  readonly ended: number | NodeJS.Signals | undefined;
  /** Resolves when the child has ended and its output has been read. Never rejects. */
  exit: Promise<number | NodeJS.Signals>;
  /** Sends SIGTERM, and SIGKILL to a child that still runs after 10 seconds. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/**
 * Starts a process that does not outlive this one, however this one ends.
 *
 * @throws when the executable cannot be started.
 */
export async function startChild(executable: string, args: string[], options: ChildOptions = {}) {
  const child = spawn(executable, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const exit = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 1));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  // A child that ends without reading its input is not an error.
  child.stdin?.on('error', () => {}).end(options.input);
  return watched(child, leash(child), exit, options);
}

function watched(
  child: ChildProcess,
  release: () => void,
  exit: Promise<number | NodeJS.Signals>,
  { onLine, keep = KEEP }: ChildOptions,
): Child {
  const kept = { output: '', stdout: '', stderr: '' };
  let ended: number | NodeJS.Signals | undefined;
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    stream?.setEncoding('utf8').on('data', (text: string) => {
      kept.output = (kept.output + text).slice(-keep);
      kept[name] = (kept[name] + text).slice(-keep);
    });
    if (stream && onLine) createInterface({ input: stream }).on('line', onLine);
  }
  child.once('exit', (code, signal) => {
    ended = code ?? signal ?? 1;
    release();
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await exit;
  };
  return {
    pid: child.pid as number,
    get output() {
      return kept.output;
    },
    get stdout() {
      return kept.stdout;
    },
    get stderr() {
      return kept.stderr;
    },
    get ended() {
      return ended;
    },
    exit,
    kill,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), TERM_TIMEOUT);
      await exit;
      clearTimeout(timer);
    },
  };
}

/**
 * Kills the child when this process ends, even by SIGKILL: a shell waits on a pipe that closes with this
 * process. Windows has no such shell, so there an exit hook kills the child if possible.
 */
function leash(child: ChildProcess): () => void {
  const onExit = () => child.kill('SIGKILL');
  process.once('exit', onExit);
  const release = () => void process.removeListener('exit', onExit);
  if (process.platform === 'win32') return release;
  const shell = spawn('sh', ['-c', 'read _; kill -9 "$1" 2>/dev/null', 'sh', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // In its own process group, so that Ctrl-C in a terminal does not end it before its work is done.
    detached: true,
  });
  shell.on('error', () => {});
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  return () => {
    release();
    shell.kill('SIGKILL');
  };
}

export interface CommandResult {
  code: number | NodeJS.Signals;
  output: string;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

/** Runs a command to its end, at most `timeout` milliseconds. */
export async function runCommand(
  executable: string,
  args: string[],
  options: ChildOptions & { timeout: number },
): Promise<CommandResult> {
  const child = await startChild(executable, args, options);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void child.kill();
  }, options.timeout);
  const code = await child.exit;
  clearTimeout(timer);
  return { code, output: child.output, stdout: child.stdout, stderr: child.stderr, timedOut };
}

/** The end of a failed command's output, in a line or two. */
export function lastLines(output: string, count = 3): string {
  return output.trim().split('\n').slice(-count).join(' / ').slice(-600);
}
