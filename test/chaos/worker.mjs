// A worker for fault tests: a process that ends or freezes itself, by a real signal, at the points that it is
// given. `node worker.mjs SETTINGS`, as JSON. Reports its actions on standard output.
import { existsSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const { default: Anthropic } = require('@anthropic-ai/sdk');
const { getClient } = require('@temporalio/activity');
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');
const { createActivities } = require(join(dist, 'activities'));
const { batchesApi } = require(join(dist, 'src/anthropic/batches.js'));
const { submissionTimes } = require(join(dist, 'src/job/protocol/submission.js'));
const { lazyStore } = require(join(dist, 'src/store/lazy.js'));
const { wake } = require(join(dist, 'src/temporal/wake.js'));
const { isRunning } = require(join(dist, 'src/temporal/at-temporal.js'));

const { address, taskQueue, store, fullFlag, api, grace, orders, cached } = JSON.parse(process.argv[2]);

/** Writes at once, because this process may die in the next moment. */
const tell = (news) => writeSync(1, `CHAOS ${JSON.stringify(news)}\n`);

const reached = new Map();
const points = {
  reach(point) {
    const count = (reached.get(point) ?? 0) + 1;
    reached.set(point, count);
    const order = orders.find((each) => each.point === point && each.nth === count);
    if (!order) return;
    const act = () => {
      tell({ act: order.act, point, nth: count, ms: order.ms });
      process.kill(process.pid, order.act === 'die' ? 'SIGKILL' : 'SIGSTOP');
    };
    if (order.after > 0) setTimeout(act, order.after);
    else act();
  },
};

/**
 * Returns a store whose disk is full while a file exists, for machines on which no small disk can be mounted.
 */
function fillable(inner) {
  if (fullFlag === undefined) return inner;
  return new Proxy(inner, {
    get(target, name) {
      const member = target[name];
      if (typeof member !== 'function') return member;
      if (name !== 'put') return member.bind(target);
      return async (...args) => {
        if (existsSync(fullFlag))
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        return member.apply(target, args);
      };
    },
  });
}

async function connected() {
  for (;;) {
    try {
      return await NativeConnection.connect({ address });
    } catch {
      await sleep(200);
    }
  }
}

Runtime.install({ logger: new DefaultLogger('WARN') });
const client = batchesApi(new Anthropic({ baseURL: api, apiKey: 'chaos-key' }));
const worker = await Worker.create({
  connection: await connected(),
  taskQueue,
  activities: createActivities({
    store: fillable(lazyStore(store)),
    anthropic: () => client,
    builders: {},
    times: submissionTimes(grace),
    notifyBudget: (job) => wake(getClient(), job.id, 'anthropicAwaitBudget', { first: true }),
    isRunning: (job) => isRunning(getClient(), job),
    points,
  }),
  workflowBundle: { codePath: join(dist, 'workflow-bundle.js') },
  maxCachedWorkflows: cached,
});
tell({ act: 'ready' });
await worker.run();
