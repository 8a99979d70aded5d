import { expect, test } from 'vitest';
import { fromGo, obtain } from '../../../src/servers/obtain';

test('a build says before it begins how long it takes, and what to set instead', async () => {
  const said: string[] = [];
  const way = fromGo('example.com/server@v1.0.0', 'server-1.0.0', 'server', {
    minutes: 3,
    instead: 'SERVER_PATH',
  });
  const get = async () => {
    expect(said).toEqual([
      expect.stringMatching(/about 3 min .* gigabytes .* set SERVER_PATH to its path …$/),
    ]);
    return '/built/server';
  };
  const path = await obtain('server', [{ ...way, get }], 'install it.', (line) => void said.push(line));
  expect(path).toBe('/built/server');
});
