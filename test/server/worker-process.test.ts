import { expect, test } from 'vitest';
import { freePorts } from '../../src/servers/ports';
import { runCli, spawnCli } from '../support/cli';
import { makeCurrent } from '../support/deployments';
import { ownServer } from '../support/dev-server';
import { eventually } from '../support/eventually';
import { documents, type JobWorld, jobWorld } from '../support/job-world';

const HOUR = 3_600_000;

/** Starts a worker of the command line for a world. */
function worker({ server, simulator, store, taskQueue }: JobWorld, ...args: string[]) {
  const env = { ...server.env, ANTHROPIC_BASE_URL: simulator.url, ANTHROPIC_API_KEY: 'test-key' };
  return spawnCli(['worker', '--store', store, '--task-queue', taskQueue, ...args], {
    env,
    until: /Worker ready/,
  });
}

async function probe(port: number, path: string) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, ...((await response.json()) as object) };
}

/** The metrics of a worker, by name and tags. */
async function metricsOf(port: number): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const sum = (metrics: Map<string, number>, pattern: RegExp) =>
  [...metrics].reduce((total, [name, value]) => total + (pattern.test(name) ? value : 0), 0);

test.concurrent('a worker answers probes, and is not ready while Temporal does not answer', async () => {
  const server = await ownServer();
  const world = await jobWorld({}, server);
  const [port] = await freePorts(1);
  const running = await worker(world, '--health-port', String(port));
  expect(await probe(port!, '/live')).toEqual({ status: 200, ok: true, state: 'RUNNING' });
  const ready = { status: 200, ok: true, state: 'RUNNING', polls: true, temporal: true };
  const ok = { state: 'ok' };
  await eventually(async () => (await probe(port!, '/ready')).status === 200);
  expect(await probe(port!, '/ready')).toEqual({ ...ready, api: ok, store: ok });
  expect(await probe(port!, '/metrics')).toMatchObject({ status: 404, ok: false });
  await server.kill9();
  const unready = await eventually(async () => {
    const answer = await probe(port!, '/ready');
    return answer.status === 503 && answer;
  });
  expect(unready).toMatchObject({ ok: false, temporal: false, store: ok });
  expect(await probe(port!, '/live')).toMatchObject({ status: 200, ok: true });
  await server.restart();
  await eventually(async () => (await probe(port!, '/ready')).status === 200);
  await running.stop();
  expect(running.ended).toBe(0);
  await expect(probe(port!, '/live')).rejects.toThrow();
});

test.concurrent('a worker serves the metrics of batches in flight, documents and spend, and logs each phase as JSON', async () => {
  const world = await jobWorld({ duration: HOUR });
  const [port] = await freePorts(1);
  const running = await worker(
    world,
    ...['--metrics', `127.0.0.1:${port}`, '--log-level', 'INFO', '--log-format', 'json'],
  );
  const job = await world.start({ input: { documents: documents(5) }, chunkSize: 3 });
  await eventually(async () => sum(await metricsOf(port!), /^anthropic_batch_in_flight\{/) === 2);
  world.simulator.clock.advance(HOUR);
  const { cost } = await job.result();
  const metrics = await metricsOf(port!);
  expect(sum(metrics, /^anthropic_batch_documents\{.*status="succeeded"/)).toBe(5);
  expect(sum(metrics, /^anthropic_batch_held_chunks\{/)).toBe(0);
  expect(sum(metrics, /^anthropic_batch_oldest_seconds\{/)).toBeGreaterThanOrEqual(0);
  const spend = sum(metrics, /^anthropic_batch_spend_micro_usd/);
  expect(spend).toBeGreaterThan(0);
  expect(spend).toBeLessThanOrEqual(Number(cost.paid) * 1e6);
  // Temporal's own.
  expect(sum(metrics, /^temporal_workflow_completed\{/)).toBeGreaterThanOrEqual(2);

  await running.stop();
  const lines = running.output.split('\n').filter((line) => line.startsWith('{'));
  const entries = lines.map((line) => JSON.parse(line));
  const about = (message: string) => entries.find((entry) => entry.message === message);
  expect(about('job: running')).toMatchObject({ level: 'INFO', job: job.id, documents: 5, chunks: 2 });
  expect(about('chunk 1: in progress')).toMatchObject({ job: job.id, chunk: 1, round: 1, requests: 2 });
  expect(about('job: completed')).toMatchObject({ job: job.id });
  expect(running.output).not.toContain('Document 0');
});

test.concurrent('a worker of a deployment takes jobs once its version is current', async () => {
  const world = await jobWorld();
  const deployment = ['--deployment-name', world.taskQueue, '--build-id', 'one'];
  const running = await worker(world, ...deployment);
  await makeCurrent(world, 'one');
  const job = await world.start({ input: { documents: documents(2) } });
  expect(await job.result()).toMatchObject({ state: 'completed', succeeded: 2 });
  await running.stop();
});

test.concurrent.each([
  [['--health-port', '70000'], '`--health-port` must be a port from 1 to 65535 (got 70000).'],
  [['--metrics', 'localhost'], '`--metrics` must be a port, or an IP address with a port'],
  [['--build-id', 'one'], '`--deployment-name` and `--build-id` must be given together.'],
  [['--shutdown-grace', 'soon'], '`--shutdown-grace` must be a duration'],
  [['--log-level', 'LOUD'], 'Allowed choices are TRACE, DEBUG, INFO, WARN, ERROR'],
  [['--webhook', 'ops'], '`--webhook` must be NAME=URL'],
  [['--webhook', 'ops=https://example.com'], 'ANTHROPIC_BATCH_WEBHOOK_SECRET_OPS'],
])('a worker with %j is not started', async (args, message) => {
  const { code, stderr } = await runCli(['worker', ...args], { env: { ANTHROPIC_API_KEY: 'key' } });
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});
