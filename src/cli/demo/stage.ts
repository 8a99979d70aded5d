import { join } from 'node:path';
import { SEARCH_ATTRIBUTES } from '../../job/names';
import { type Child, type DevServer, startChild, startDevServer, temporalServer } from '../../servers';
import { say } from '../output/print';

const MAIN = join(__dirname, '..', 'main.js');
const READY_TIMEOUT = 30_000;

/** The demo's processes, separate as in production. All of them end with the demo. */
export class Stage {
  readonly #children: { stop(): Promise<void> }[] = [];
  readonly #folder: string;
  #environment: NodeJS.ProcessEnv = {};

  constructor(folder: string) {
    this.#folder = folder;
  }

  async startTemporal(): Promise<DevServer> {
    const server = await startDevServer({
      executable: await temporalServer({ log: say }),
      uiPort: 0,
      dbFilename: join(this.#folder, 'temporal.db'),
      searchAttributes: Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map((name) => [name, 'Keyword'])),
    });
    this.#children.push(server);
    this.#environment.TEMPORAL_ADDRESS = server.address;
    return server;
  }

  async startSimulator(duration: string): Promise<string> {
    const { line } = await this.#start(
      'simulator',
      ['--dir', join(this.#folder, 'simulator'), '--duration', duration],
      'Simulator ready at ',
    );
    const url = line.slice(line.indexOf('http'));
    this.#environment.ANTHROPIC_BASE_URL = url;
    return url;
  }

  async startWorker(store: string): Promise<Child> {
    return (await this.#start('worker', ['--store', store, '--submit-grace', '30s'], 'Worker ready')).child;
  }

  /** Stops all processes, the newest first. */
  async close(): Promise<void> {
    for (const child of this.#children.splice(0).reverse()) await child.stop().catch(() => {});
  }

  /** Runs a command of this package, and waits until it prints that it is ready. */
  async #start(command: string, args: string[], ready: string): Promise<{ child: Child; line: string }> {
    let found: (line: string) => void = () => {};
    const line = new Promise<string>((resolve) => {
      found = resolve;
    });
    const child = await startChild(process.execPath, [MAIN, command, ...args], {
      env: { ...WITHOUT_REAL_SERVERS, ANTHROPIC_API_KEY: 'demo', ...this.#environment },
      onLine: (text) => (text.includes(ready) ? found(text) : say(`   [${command}] ${text}`)),
    });
    this.#children.push(child);
    const failed = child.exit.then((code) => {
      throw new Error(`The ${command} exited (${code}) before it was ready: ${child.output.trim()}`);
    });
    failed.catch(() => {});
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new Error(
              `The ${command} was not ready within ${READY_TIMEOUT / 1000} s: ${child.output.trim()}`,
            ),
          ),
        READY_TIMEOUT,
      );
    });
    try {
      return { child, line: await Promise.race([line, failed, late]) };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Removes the user's settings, so that the demo reaches only its own servers on loopback. */
const WITHOUT_REAL_SERVERS: NodeJS.ProcessEnv = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => /^(TEMPORAL_(?!CLI_PATH)|ANTHROPIC_)/.test(name))
    .map((name) => [name, undefined]),
);
