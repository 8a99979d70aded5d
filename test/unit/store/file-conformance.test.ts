import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '../../../src/store/file/file-store';
import { conformsToStorePort } from './conformance';

conformsToStorePort('FileStore', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'));
  return {
    store: await FileStore.open(join(folder, 'root')),
    remove: () => rm(folder, { recursive: true }),
  };
});
