import { fileURLToPath } from 'node:url';
import { FileStore } from './file/file-store';
import { S3Store } from './s3/s3-store';
import { type Store, StoreLocationError } from './store';

/**
 * Opens the store at a location: a folder's path, a `file:` URL, or `s3://bucket/prefix`. Returns a `Store`
 * unchanged.
 *
 * @throws {StoreLocationError} if the location is empty or of another kind
 */
export async function openStore(location: string | Store): Promise<Store> {
  return typeof location === 'string' ? opener(location)() : location;
}

/**
 * Checks a location and returns a function that opens it.
 *
 * @param option the name of the option that gave it
 * @throws {StoreLocationError} if the location is empty or of another kind
 */
export function opener(location: string, option = 'store'): () => Promise<Store> {
  // One letter before the colon is a Windows drive.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme === 's3') {
    const store = s3Store(location, option);
    return async () => store;
  }
  if (scheme === 'file') {
    const folder = folderOf(location, option);
    return () => FileStore.open(folder);
  }
  if (location !== '' && scheme === undefined) return () => FileStore.open(location);
  throw new StoreLocationError(
    `\`${option}\` must be a folder such as ".anthropic-batch", a file: URL, or "s3://bucket/prefix" ` +
      `(got ${JSON.stringify(location)}).`,
  );
}

function s3Store(location: string, option: string): S3Store {
  try {
    return new S3Store(location, { endpoint: s3Endpoint() });
  } catch (error) {
    throw new StoreLocationError(`\`${option}\` cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function folderOf(url: string, option: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new StoreLocationError(
      `\`${option}\` must be the URL of a local folder, such as "file:///var/lib/batches" ` +
        `(got ${JSON.stringify(url)}: ${(error as Error).message}).`,
      { cause: error },
    );
  }
}

/** The AWS SDK's own variables. It reads them too, but then addresses the bucket by host name. */
const s3Endpoint = () => process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL || undefined;
