import type { FaultSpec } from 'temporal-anthropic-batch/simulator';
import { drawFaults } from './faults';
import { drawJunk, type Junk } from './junk';
import { freezeTime, windowTime } from './orders';
import type { Random } from './random';
import { API } from './times';

/** A disturbance from outside, `at` milliseconds after the beginning of the run. */
export type Happening = { at: number } & (
  | { kind: 'kill'; target: 'worker-0' | 'worker-1' | 'temporal' | 'simulator' }
  | { kind: 'freeze'; target: 'worker-0' | 'worker-1'; ms: number }
  /** `which` and `where` are fractions: of the jobs and parts running then, and of the history's events. */
  | { kind: 'reset'; of: 'job' | 'part'; which: number; where: number }
  /** Terminates a part of a job alone. */
  | { kind: 'terminate'; which: number }
  /** Pauses a job, and resumes it `ms` milliseconds later. */
  | { kind: 'pause'; which: number; ms: number }
  /** A worker freezes in the named window, and no process is killed or frozen meanwhile. */
  | { kind: 'window'; target: 'worker-0' | 'worker-1'; ms: number }
  | { kind: 'faults'; spec: FaultSpec }
  | { kind: 'stranger'; size: number; like: 'ours' | 'other' }
  | { kind: 'full-disk'; ms: number }
  | { kind: 'clock'; ms: number }
  /** A hostile client signals a workflow of a job. */
  | { kind: 'junk'; of: 'job' | 'part'; which: number; junk: Junk }
);

/**
 * The run in the test suite. Its seed lets everything happen within its minute, and opens the window after
 * most other events. Of its first four jobs, which begin at once, one waits for a larger budget and one is
 * sent live. Many of its faults are odd rows.
 */
export const SHORT_RUN = { seed: '237474', minutes: 1 };

type Draw = (random: Random) => Omit<Happening, 'at'>;

const worker = (random: Random) => random.pick(['worker-0', 'worker-1'] as const);

/** The events, with their average distance in milliseconds. */
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

/** Returns all events of a seed within `duration` milliseconds, in order. */
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
