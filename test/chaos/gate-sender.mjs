// Sends one round and kills itself at the gate. `node gate-sender.mjs SETTINGS`, as JSON: the API's address,
// a folder, and the milliseconds from the commit to its death.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const { default: Anthropic } = require('@anthropic-ai/sdk');
const { MockActivityEnvironment } = require('@temporalio/testing');
const { createActivities } = require(join(dist, 'activities'));
const { batchesApi } = require(join(dist, 'src/anthropic/batches.js'));
const { submissionTimes } = require(join(dist, 'src/job/protocol/submission.js'));
const { normalizeSpec } = require(join(dist, 'src/job-spec/normalize.js'));
const { writeSpec } = require(join(dist, 'src/records/stored-spec.js'));
const { planChunk } = require(join(dist, 'src/records/planned-chunk.js'));
const { storeId } = require(join(dist, 'src/records/identity.js'));
const { keys } = require(join(dist, 'src/records/keys.js'));
const { lazyStore } = require(join(dist, 'src/store/lazy.js'));

const { api, folder, delay } = JSON.parse(process.argv[2]);

/** 6.6 MB in all. */
const REQUESTS = 100;
const TEXT = 'x'.repeat(66_000);

const params = (content) => ({
  model: 'claude-haiku-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content }],
});

const die = () => process.kill(process.pid, 'SIGKILL');
const points = {
  reach(point) {
    if (point === 'submit/committed') setTimeout(die, delay);
  },
};

const store = lazyStore(folder);
const job = { id: 'gate', instance: 'i', store: await storeId(store) };
const source = { kind: 'input', format: 'jsonl' };
await writeSpec(store, job, normalizeSpec({ template: params('{{text}}') }, { id: job.id, source }));
const rows = Array.from({ length: REQUESTS }, (_, n) => `${JSON.stringify(params(`${n} ${TEXT}`))}\n`);
await store.put(keys.requests(job, 0), rows.join(''));
const plan = { documents: REQUESTS, requests: REQUESTS };
await planChunk(store, { job, chunk: 0 }, { plan, bytes: 0 });

const client = batchesApi(new Anthropic({ baseURL: api, apiKey: 'chaos-key' }));
const { anthropicSubmit } = createActivities({
  store,
  anthropic: () => client,
  builders: {},
  times: submissionTimes(),
  // No Temporal server takes part: the job runs.
  isRunning: async () => true,
  points,
});
const environment = new MockActivityEnvironment({ scheduledTimestampMs: Date.now() });
await environment.run(anthropicSubmit, { job, chunk: 0, round: 0, times: submissionTimes() });
