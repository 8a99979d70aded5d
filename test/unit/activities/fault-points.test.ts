import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FAULT_POINTS, type FaultPoint } from '../../../activities/runtime/fault-points';
import { recordOrphan } from '../../../src/records/orphans';
import { root } from '../../support/root';
import { Stage } from './support';

const recorder = () => {
  const reached: FaultPoint[] = [];
  return { reached, points: { reach: (point: FaultPoint) => void reached.push(point) } };
};

describe('the points at which the chaos run kills processes', () => {
  test('are in one place of the code each', async () => {
    const folder = join(root, 'activities');
    const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
    const code = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
    const places = [...code.matchAll(/\.reach\('([^']+)'\)/g)].map(([, point]) => point);
    expect(places.sort()).toEqual([...FAULT_POINTS].sort());
  });

  test('follow the order of steps when a round is sent', async () => {
    const { reached, points } = recorder();
    const stage = await Stage.of();
    await stage.submit({ points });
    expect(reached).toEqual([
      'submit/before-intent',
      'submit/intent-written',
      'submit/uploading',
      'submit/uploading',
      'submit/before-gate',
      'submit/committed',
      'submit/gate-passed',
      'submit/tail-given',
      'submit/answered',
      'submit/outcome-written',
      'submit/claimed',
    ]);
  });

  test('follow the order of steps when a lost answer is found', async () => {
    const { reached, points } = recorder();
    const stage = await Stage.of({
      simulator: { duration: 0, faults: { http: [{ kind: 'drop', endpoint: 'create', when: 'after' }] } },
    });
    await stage.submit({ points });
    expect(reached.slice(-2)).toEqual(['submit/tail-given', 'submit/failed']);
    reached.length = 0;
    expect(await stage.reconcile({}, { points })).toMatchObject({ kind: 'bought' });
    expect(reached).toEqual([
      'reconcile/begun',
      'reconcile/overtaken',
      'reconcile/seen',
      'reconcile/found',
      'reconcile/claimed',
      'reconcile/outcome-written',
      'reconcile/begun',
    ]);
  });

  test('follow the order of steps when a batch appears after its attempt was presumed lost', async () => {
    const { reached, points } = recorder();
    const stage = await Stage.of({ simulator: { duration: 60_000, cancelDuration: 1_000 } });
    const intent = await stage.committed();
    await stage.ledger().close(0, { outcome: 'presumed-lost' });
    await stage.submit();
    const late = await stage.boughtBy(intent);
    await recordOrphan(stage.store, stage.round(), 0, { id: late.id, createdAt: new Date() });
    await stage.collect({ points });
    stage.simulator.clock.advance(1_000);
    await stage.collect({ points });
    expect(reached).toEqual([
      // Its process recorded it, and died before claiming it.
      'orphan/claimed',
      'orphan/canceled',
      'collect-orphans/found',
      'collect-orphans/found',
      'collect-orphans/results-written',
    ]);
  });
});
