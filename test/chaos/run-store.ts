import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startS3Server, versitygw } from '../../src/servers/s3';
import { type Disk, openDisk } from './disk';

/** The store of a run. */
export interface RunStore {
  /** A description for people. */
  kind: string;
  /** The location, as a user writes it. */
  location: string;
  /** The folder of its files. */
  folder: string;
  /** Unset if it is not on a disk that can be filled. */
  disk?: Disk;
  close(): Promise<void>;
}

interface StoreOptions {
  s3: boolean;
  /** A small disk of this run's own. */
  mount?: string;
  /** The folder of the files otherwise. */
  folder: string;
}

export async function openRunStore({ s3, mount, folder }: StoreOptions): Promise<RunStore> {
  if (s3) return openBucket(folder);
  const disk = await openDisk(mount, folder);
  const kind = `a folder; the full disk is ${disk.kind}`;
  return { kind, location: disk.folder, folder: disk.folder, disk, close: async () => {} };
}

/** Opens a bucket of a real S3 server. This process and its children find it by their environment. */
async function openBucket(folder: string): Promise<RunStore> {
  // A bucket is a folder below the server's own.
  await mkdir(join(folder, 'bucket'), { recursive: true });
  const server = await startS3Server({ executable: await versitygw(), dir: folder });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_REGION: server.region,
    AWS_ACCESS_KEY_ID: server.accessKey,
    AWS_SECRET_ACCESS_KEY: server.secretKey,
  });
  return {
    kind: 'an S3 server; no disk is filled',
    location: 's3://bucket/chaos',
    folder: join(folder, 'bucket'),
    close: () => server.stop(),
  };
}
