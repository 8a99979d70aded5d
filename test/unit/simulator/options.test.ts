import { expect, test } from 'vitest';
import type { SimulatorOptions } from '../../../src/simulator/index';
import { startSimulator } from '../../../src/simulator/index';
import { tempDir } from '../../support/temp-dir';
import { simulate } from './support';

test.each<[Partial<SimulatorOptions>, string]>([
  [{ dir: '' }, 'dir'],
  [{ port: 70_000 }, 'port'],
  [{ duration: -1 }, 'duration'],
  [{ duration: Number.NaN }, 'duration'],
  [{ cancelFinishes: 2 }, 'cancelFinishes'],
  [{ stallTimeout: '5s' as unknown as number }, 'stallTimeout'],
])('refuses %j by name', async (options, name) => {
  const dir = await tempDir();
  await expect(startSimulator({ dir, ...options })).rejects.toThrow(`The option ${name} `);
});

test('a port that is taken', async () => {
  const { port } = await simulate();
  await expect(simulate({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
