import type { FaultSpec } from 'temporal-anthropic-batch/simulator';
import { drawFaults } from './faults';
import { drawJunk, type Junk } from './junk';
import { freezeTime, windowTime } from './orders';
import type { Random } from './random';
import { API } from './times';

/** Something that befalls the run from outside, `at` milliseconds after its beginning. */
export type Happening = { at: number } & (
  | { kind: 'kill'; target: 'worker-0' | 'worker-1' | 'temporal' | 'simulator' }
  | { kind: 'freeze'; target: 'worker-0' | 'worker-1'; ms: number }
  /** `which` and `where` are fractions of what there is then: of the running jobs and their parts, and of the history's events. */
  | { kind: 'reset'; of: 'job' | 'part'; which: number; where: number }
  /** A part of a job is terminated alone. */
  | { kind: 'terminate'; which: number }
  /** A job is paused, and resumed so much later. */
  | { kind: 'pause'; which: number; ms: number }
  /** A worker freezes where the one window opens, and no process is killed or frozen meanwhile. */
  | { kind: 'window'; target: 'worker-0' | 'worker-1'; ms: number }
  | { kind: 'faults'; spec: FaultSpec }
  | { kind: 'stranger'; size: number; like: 'ours' | 'other' }
  | { kind: 'full-disk'; ms: number }
  | { kind: 'clock'; ms: number }
  /** A hostile client signals a workflow of a job. */
  | { kind: 'junk'; of: 'job' | 'part'; which: number; junk: Junk }
);

/**
 * The run of the test suite: of a seed that lets everything happen within its minute, and the window open when most has. Of its first four
 * jobs, which begin at once, one waits for a larger budget and one goes live, and many of its faults are odd rows.
 */
export const SHORT_RUN = { seed: '237474', minutes: 1 };

type Draw = (random: Random) => Omit<Happening, 'at'>;

const worker = (random: Random) => random.pick(['worker-0', 'worker-1'] as const);

/** What happens, and how many milliseconds apart on average. */
const RATES: [string, number, Draw][] = [
  ['kill worker', 8_000, (random) => ({ kind: 'kill', target: worker(random) })],
  ['kill temporal', 60_000, () => ({ kind: 'kill', target: 'temporal' })],
  ['kill simulator', 20_000, () => ({ kind: 'kill', target: 'simulator' })],
  ['freeze', 25_000, (random) => ({ kind: 'freeze', target: worker(random), ms: freezeTime(random) })],
  [
    'reset',
    20_000,
    (random) => ({
      kind: 'reset',
      of: random.chance(0.3) ? 'job' : 'part',
      which: random.next(),
      where: random.next(),
    }),
  ],
  ['terminate', 45_000, (random) => ({ kind: 'terminate', which: random.next() })],
  ['pause', 40_000, (random) => ({ kind: 'pause', which: random.next(), ms: random.int(1_000, 12_000) })],
  ['window', 300_000, (random) => ({ kind: 'window', target: worker(random), ms: windowTime(random) })],
  ['faults', 4_000, (random) => ({ kind: 'faults', spec: drawFaults(random) })],
  [
    'stranger',
    9_000,
    (random) => ({ kind: 'stranger', size: random.int(1, 20), like: random.pick(['ours', 'other']) }),
  ],
  ['full disk', 40_000, (random) => ({ kind: 'full-disk', ms: random.int(500, 4_000) })],
  [
    'junk',
    4_000,
    (random) => ({
      kind: 'junk',
      of: random.pick(['job', 'part']),
      which: random.next(),
      junk: drawJunk(random),
    }),
  ],
  ['clock', 60_000, (random) => ({ kind: 'clock', ms: random.int(-API.clockStep, API.clockStep) })],
];

/** All that a seed lets happen within so many milliseconds, in order. */
export function schedule(random: Random, duration: number): Happening[] {
  const all: Happening[] = [];
  for (const [name, mean, draw] of RATES) {
    const stream = random.of(name);
    for (let at = stream.gap(mean); at < duration; at += stream.gap(mean)) {
      all.push({ at: Math.round(at), ...draw(stream) } as Happening);
    }
  }
  return all.sort((a, b) => a.at - b.at);
}
