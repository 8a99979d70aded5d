import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { BatchClient } from 'temporal-anthropic-batch/client';
import { startChild, startDevServer } from '../../scripts/servers';
import { freePorts } from '../../scripts/servers/ports';
import { root } from '../support/root';
import { type Disk, openDisk } from './disk';
import type { Figures } from './figures';
import { Kept } from './kept';
import { drawOrders, type Order } from './orders';
import type { Random } from './random';
import type { RunRecord } from './run-record';
import { SimulatedApi } from './simulated-api';
import { API, GRACE } from './times';

const TASK_QUEUE = 'chaos';

export interface World {
  disk: Disk;
  temporal: Kept;
  simulator: Kept;
  workers: readonly [Kept, Kept];
  api: SimulatedApi;
  client: Client;
  batches: BatchClient;
  /** No process is born with an order any more. */
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
}

/** Everything real: a Temporal server on its file, a simulated API on its folder, two workers, each a process of its own. */
export async function openWorld(ground: Ground): Promise<World> {
  const { record } = ground;
  const [temporalPort, apiPort] = (await freePorts(2)) as [number, number];
  const disk = await openDisk(ground.mount, record.path('disk'));
  const address = `127.0.0.1:${temporalPort}`;
  const api = new SimulatedApi(`http://127.0.0.1:${apiPort}`);
  const peace = { calm: false };

  const temporal = keepTemporal(ground, temporalPort);
  await temporal.open();
  const simulator = await keepSimulator(ground, apiPort);
  await simulator.open();
  await api.moveClock(ground.random.of('skew').int(-7_200_000, 7_200_000));
  const settings = {
    address,
    taskQueue: TASK_QUEUE,
    store: disk.folder,
    fullFlag: disk.fullFlag,
    api: api.url,
  };
  const workers = [0, 1].map((slot) => keepWorker(ground, slot, settings, peace)) as [Kept, Kept];
  await Promise.all(workers.map((worker) => worker.open()));

  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  return {
    disk,
    temporal,
    simulator,
    workers,
    api,
    client,
    batches: new BatchClient(client, {
      store: disk.folder,
      taskQueue: TASK_QUEUE,
      onWarning: (message) => record.log('client', message),
    }),
    calm: () => {
      peace.calm = true;
    },
    async close() {
      await connection.close();
      await Promise.all([...workers, simulator, temporal].map((place) => place.close()));
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

async function keepSimulator({ record, random }: Ground, port: number): Promise<Kept> {
  const log = (line: string) => record.log('simulator', line);
  const dir = record.path('simulator');
  await mkdir(dir);
  return new Kept({
    name: 'simulator',
    log,
    pause: pauses(random.of('simulator'), 3_000),
    start: (generation) => {
      // Now and then one that does not drop stalled uploads: only then can the named window be seen.
      const lax = random.of(`simulator ${generation}`).chance(0.3);
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
  peace: { calm: boolean },
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
      const orders: Order[] = peace.calm ? [] : drawOrders(own);
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
