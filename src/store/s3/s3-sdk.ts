import { StoreError } from '../store';

export type S3Sdk = typeof import('@aws-sdk/client-s3') & typeof import('@aws-sdk/lib-storage');

/**
 * Loads the AWS SDK, which is optional, on first use of a store in S3.
 *
 * @throws {StoreError} if it is not installed
 */
export async function loadS3Sdk(location: string): Promise<S3Sdk> {
  try {
    const [client, storage] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('@aws-sdk/lib-storage'),
    ]);
    return { ...client, ...storage };
  } catch (error) {
    throw new StoreError(
      `The store ${location} needs two packages that are not installed. Run ` +
        '"npm install @aws-sdk/client-s3 @aws-sdk/lib-storage".',
      '',
      { cause: error },
    );
  }
}
