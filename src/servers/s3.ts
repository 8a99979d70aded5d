import { mkdir } from 'node:fs/promises';
import { startChild } from './child';
import { fromCache, fromEnvironment, fromGo, fromPath, type Log, logToStderr, obtain } from './obtain';
import { freePorts } from './ports';
import { untilReady } from './ready';

const MODULE = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';
const BUILT = 'versitygw-1.8.0';

/** The path of versitygw, a small S3 server whose exclusive creates are exact. */
export async function versitygw(options: { log?: Log } = {}): Promise<string> {
  return await obtain(
    'S3 server (versitygw)',
    [
      fromEnvironment('VERSITYGW_PATH'),
      fromCache([BUILT], 'versitygw'),
      fromPath('versitygw'),
      fromGo(MODULE, BUILT, 'versitygw', { minutes: 2, instead: 'VERSITYGW_PATH' }),
    ],
    'install Go 1.24 or later, or set VERSITYGW_PATH to a versitygw executable.',
    options.log ?? logToStderr,
  );
}

export interface S3Server {
  /** `http://127.0.0.1:PORT`; it takes path-style requests. */
  endpoint: string;
  region: string;
  accessKey: string;
  secretKey: string;
  pid: number;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts an S3 server on an existing or new folder and waits until it answers. It ends with this process. */
export async function startS3Server(options: {
  executable: string;
  dir: string;
  /** Default: a free one. */
  port?: number;
}): Promise<S3Server> {
  const port = options.port || ((await freePorts(1))[0] as number);
  const accessKey = 'test-access-key';
  const secretKey = 'test-secret-key';
  await mkdir(options.dir, { recursive: true });
  const child = await startChild(options.executable, ['--port', `127.0.0.1:${port}`, 'posix', options.dir], {
    env: { ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  // Any answer will do: without a signature it is a refusal.
  await untilReady('S3 server', child, () => fetch(endpoint));
  return {
    endpoint,
    region: 'us-east-1',
    accessKey,
    secretKey,
    pid: child.pid,
    stop: child.stop,
    kill: child.kill,
  };
}
