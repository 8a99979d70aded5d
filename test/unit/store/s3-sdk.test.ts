import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { compiledFileStore } from './compiled';

it('names the package to install if a store in S3 is used without the AWS SDK', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'store-no-sdk-'));
  try {
    // Outside the project no package is found.
    const compiled = dirname(await compiledFileStore(folder));
    const { openStore } = createRequire(__filename)(join(compiled, '../location.js'));
    const store = await openStore('s3://bucket/prefix');
    await expect(store.put('a/key', 'x')).rejects.toMatchObject({
      code: 'STORE',
      message:
        'The store s3://bucket/prefix needs two packages that are not installed. ' +
        'Run "npm install @aws-sdk/client-s3 @aws-sdk/lib-storage".',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
