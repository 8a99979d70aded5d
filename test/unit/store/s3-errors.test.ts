import { expect, test } from 'vitest';
import { s3Error } from '../../../src/store/s3/s3-errors';
import { MemoryStore } from '../../support/memory-store';

const failed = (message: string, name = 'SignatureDoesNotMatch') =>
  s3Error(
    new MemoryStore(),
    'a/key',
    'write',
    Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 403 } }),
  );

test('the message of an error contains no credentials, in any form that a server quotes', () => {
  const { message } = failed(
    'Not AKIAIOSFODNN7EXAMPLE: AWS4-HMAC-SHA256 Credential=minio/20261122/us-east-1/s3/aws4_request, SignedHeaders=host, ' +
      'Signature=0f9e; https://b/?X-Amz-Security-Token=FwoGZXIvYXdz%2F&X-Amz-Signature=77aa&x=1 "x-amz-security-token": "Fwo=="',
  );
  expect(message).not.toMatch(/AKIA|minio|0f9e|Fwo|77aa/);
  expect(message).toContain('SignedHeaders=host');
  expect(message).toContain('&x=1');
});

test('the message for Temporal has the name of the error and no text of the server', () => {
  expect(failed('The words of the server.').publicMessage).toBe(
    'Could not write a/key in the store memory: SignatureDoesNotMatch (HTTP 403). ' +
      'The credentials need s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there.',
  );
  expect(failed('x', 'Any words.').publicMessage).not.toContain('Any words');
});
