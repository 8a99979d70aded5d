import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { type S3Server, startS3Server, versitygw } from '../../src/servers/s3';
import { own } from './cleanup';
import { tempDir } from './temp-dir';

export interface TestS3 extends S3Server {
  /** Returns a client of the AWS SDK, with the right key unless another is given. */
  client(secretAccessKey?: string): S3Client;
  /** The environment in which the AWS SDK of another process finds the server. */
  env: NodeJS.ProcessEnv;
}

/**
 * Starts a real S3 server with one bucket, `bucket`. It ends with the test, or with the file if called in
 * `beforeAll`.
 */
export async function s3Server(): Promise<TestS3> {
  const dir = await tempDir();
  // A bucket is a folder below the server's own.
  await mkdir(join(dir, 'bucket'));
  const server = await startS3Server({ executable: await versitygw(), dir });
  own(() => server.stop());
  const { endpoint, region, accessKey: accessKeyId } = server;
  return {
    ...server,
    client: (secretAccessKey = server.secretKey) =>
      new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } }),
    env: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretKey,
    },
  };
}
