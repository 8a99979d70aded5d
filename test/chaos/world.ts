import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { BatchClient } from 'temporal-anthropic-batch/client';
import { startChild, startDevServer } from '../../src/servers';
import { freePorts } from '../../src/servers/ports';
import { root } from '../support/root';
import type { Figures } from './figures';
import { Kept } from './kept';
import { drawOrders, type Order, windowOrder } from './orders';
import type { Random } from './random';
import type { RunRecord } from './run-record';
import { openRunStore, type RunStore } from './run-store';
import { SimulatedApi } from './simulated-api';
import { API, GRACE, TIMES } from './times';

const TASK_QUEUE = 'chaos';

export interface World {
  store: RunStore;
  temporal: Kept;
  simulator: Kept;
  workers: readonly [Kept, Kept];
  api: SimulatedApi;
  client: Client;
  batches: BatchClient;
  /**
   * Makes a worker freeze between gate and last bytes for `ms` milliseconds while the API keeps the upload
   * open, and waits until it is over. No other process is killed or frozen from outside meanwhile.
   *
   * @returns whether the worker reached that point
   */
  openWindow(slot: 0 | 1, ms: number): Promise<boolean>;
  /** Starts processes without orders from now on. */
  calm(): void;
  close(): Promise<void>;
}

interface Ground {
  random: Random;
  record: RunRecord;
  figures: Figures;
  /** Path of the Temporal CLI. */
  executable: string;
  /** A small disk of this run's own. */
  mount?: string;
  /** The store is a bucket of an S3 server. */
  s3: boolean;
}

/**
 * Opens the environment, in real processes: a Temporal server on its file, a simulated API on its folder, and
 * two workers.
 */
export async function openWorld(ground: Ground): Promise<World> {
  const { record } = ground;
  const [temporalPort, apiPort] = (await freePorts(2)) as [number, number];
  const store = await openRunStore({ ...ground, folder: record.path('disk') });
  const address = `127.0.0.1:${temporalPort}`;
  const api = new SimulatedApi(`http://127.0.0.1:${apiPort}`);
  const births: Births = { calm: false };

  const temporal = keepTemporal(ground, temporalPort);
  await temporal.open();
  const simulator = await keepSimulator(ground, apiPort, births);
  await simulator.open();
  await api.moveClock(ground.random.of('skew').int(-7_200_000, 7_200_000));
  const settings = {
    address,
    taskQueue: TASK_QUEUE,
    store: store.location,
    fullFlag: store.disk?.fullFlag,
    api: api.url,
  };
  const workers = [0, 1].map((slot) => keepWorker(ground, slot, settings, births)) as [Kept, Kept];
  await Promise.all(workers.map((worker) => worker.open()));

  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  return {
    store,
    temporal,
    simulator,
    workers,
    api,
    client,
    batches: new BatchClient(client, {
      store: store.location,
      taskQueue: TASK_QUEUE,
      onWarning: (message) => record.log('client', message),
    }),
    async openWindow(slot, ms) {
      if (births.window) return false;
      births.window = { slot, ms };
      const mortal = [simulator, ...workers];
      await Promise.all(mortal.map((place) => place.renew()));
      // The other worker must have the time to presume the attempt lost.
      for (const place of [temporal, ...mortal]) place.spared = true;
      const froze = await frozen(workers[slot]);
      // By then, all that the worker still had to send exists.
      if (froze) await sleep(TIMES.existence);
      for (const place of [temporal, ...mortal]) place.spared = false;
      births.window = undefined;
      return froze;
    },
    calm: () => {
      births.calm = true;
    },
    async close() {
      await connection.close();
      await Promise.all([...workers, simulator, temporal].map((place) => place.close()));
      await store.close();
    },
  };
}

const pauses = (random: Random, longest: number) => (generation: number) =>
  random.of(`pause ${generation}`).int(50, longest);

function keepTemporal({ record, random, executable }: Ground, port: number): Kept {
  const log = (line: string) => record.log('temporal', line);
  return new Kept({
    name: 'temporal',
    log,
    pause: pauses(random.of('temporal'), 2_000),
    start: () => startDevServer({ executable, port, dbFilename: record.path('temporal.db'), log }),
  });
}

/** Settings for new processes. */
interface Births {
  /** Without orders. */
  calm: boolean;
  /**
   * The API does not drop stalled uploads, and the worker of that slot has a single order: to freeze in the
   * named window.
   */
  window?: { slot: number; ms: number };
}

/** Milliseconds within which a worker usually sends something. */
const SENDS_WITHIN = 30_000;

/** Waits until a worker freezes and wakes. @returns whether it did */
async function frozen(worker: Kept): Promise<boolean> {
  const until = Date.now() + SENDS_WITHIN;
  while (!worker.isFrozen && Date.now() < until) await sleep(100);
  const froze = worker.isFrozen;
  while (worker.isFrozen) await sleep(100);
  return froze;
}

async function keepSimulator({ record, random }: Ground, port: number, births: Births): Promise<Kept> {
  const log = (line: string) => record.log('simulator', line);
  const dir = record.path('simulator');
  await mkdir(dir);
  return new Kept({
    name: 'simulator',
    log,
    pause: pauses(random.of('simulator'), 3_000),
    start: (generation) => {
      // Some simulators do not drop stalled uploads: only then does the named window open.
      const lax = births.window !== undefined || random.of(`simulator ${generation}`).chance(0.3);
      const stallTimeout = lax ? API.laxStallTimeout : API.stallTimeout;
      log(`generation ${generation}: drops a stalled upload after ${stallTimeout} ms`);
      const settings = {
        dir,
        port,
        seed: random.of('durations').int(0, 1e9),
        longest: API.longestBatch,
        stallTimeout,
      };
      return startScript('simulator.mjs', settings, log);
    },
  });
}

function keepWorker(
  { record, random: all, figures }: Ground,
  slot: number,
  settings: object,
  births: Births,
): Kept {
  const name = `worker-${slot}`;
  const random = all.of(name);
  const log = (line: string) => record.log(name, line);
  const kept: Kept = new Kept({
    name,
    log,
    pause: pauses(random, 1_500),
    start: (generation) => {
      const own = random.of(generation);
      const { calm, window } = births;
      const drawn = window?.slot === slot ? [windowOrder(window.ms)] : drawOrders(own);
      const orders: Order[] = calm ? [] : drawn;
      const cached = own.pick([2, 200]);
      log(`generation ${generation}, orders ${JSON.stringify(orders)}`);
      return startScript('worker.mjs', { ...settings, grace: GRACE, orders, cached }, (line) => {
        log(line);
        const news = line.startsWith('CHAOS ') ? JSON.parse(line.slice('CHAOS '.length)) : undefined;
        if (news?.act === 'die') figures.pointKills += 1;
        if (news?.act !== 'freeze') return;
        figures.pointFreezes += 1;
        kept.frozen(news.ms);
      });
    },
  });
  return kept;
}

const startScript = (name: string, settings: object, onLine: (line: string) => void) =>
  startChild(process.execPath, [join(root, 'test', 'chaos', name), JSON.stringify(settings)], {
    cwd: root,
    env: { NODE_NO_WARNINGS: '1' },
    onLine,
  });
