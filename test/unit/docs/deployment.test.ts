import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { worker } from '../../../src/cli/commands/worker';
import { nextPoll } from '../../../src/job/poll';
import { root } from '../../support/root';
import { readMarkdown } from './markdown';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const manifest = read('deploy/kubernetes.yaml');
const FLAGS = new Set(worker().options.map(({ long }) => long));
const flagsOf = (text: string) =>
  [...text.matchAll(/--[a-z][a-z-]+/g)]
    .map(([flag]) => flag)
    .filter((flag) => !/^--(max-old|omit|from)/.test(flag));

it.each([
  ['deploy/kubernetes.yaml', manifest],
  ['deploy/Dockerfile', read('deploy/Dockerfile')],
  ['docs/deployment.md', readMarkdown('docs/deployment.md')],
])('%s uses flags of the worker', (_, text) => {
  const flags = flagsOf(text);
  expect(flags.length).toBeGreaterThan(2);
  expect(flags.filter((flag) => !FLAGS.has(flag))).toEqual([]);
});

it('the manifest probes the ports that the worker serves, and gives it time to end', () => {
  const port = (flag: string) => new RegExp(`--${flag}=(\\d+)`).exec(manifest)?.[1];
  expect(manifest).toContain(`name: health, containerPort: ${port('health-port')} }`);
  expect(manifest).toContain(`name: metrics, containerPort: ${port('metrics')} }`);
  expect([...manifest.matchAll(/path: (\S+),/g)].map(([, path]) => path)).toEqual(['/live', '/ready']);
  const [grace, pod] = [/--shutdown-grace=(\d+)s/, /terminationGracePeriodSeconds: (\d+)/].map((pattern) =>
    Number(pattern.exec(manifest)?.[1]),
  );
  expect(pod! - grace!).toBeGreaterThanOrEqual(30);
});

/** Polls of a batch that takes so many hours. */
function polls(hours: number, pollFloor: number): number {
  let count = 1;
  for (let at = nextPoll(0, 0, { pollFloor, pollCeiling: 900_000 }); at < hours * 3_600_000; count += 1) {
    at = nextPoll(0, at, { pollFloor, pollCeiling: 900_000 });
  }
  return count;
}

it('docs/deployment.md counts the polls and the actions of its example right', () => {
  const text = readMarkdown('docs/deployment.md');
  expect(text).toContain(
    `| ${[0.1, 1, 4, 24].map((hours) => polls(hours, 30_000)).join(', ')} with the default`,
  );
  const job = (count: number) => 20 + 10 * (12 + 2 * count);
  expect(text).toContain(`20 + 10 × (12 + 2 × ${polls(1, 30_000)}) = ${job(polls(1, 30_000))} actions`);
  expect(text).toContain(`${polls(1, 300_000)} polls, it is ${job(polls(1, 300_000))}.`);
});
