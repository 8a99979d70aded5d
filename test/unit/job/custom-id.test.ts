import { describe, expect, test } from 'vitest';
import { customId, NONCE_LENGTH, parseCustomId } from '../../../src/job/protocol/custom-id';
import fc from '../../support/fc';

const NONCE = '0123456789abcdef01234567';

describe('custom ids', () => {
  test('name their attempt and document', () => {
    const nonces = fc.string({
      unit: fc.constantFrom(...'0123456789abcdef'),
      minLength: NONCE_LENGTH,
      maxLength: NONCE_LENGTH,
    });
    fc.assert(
      fc.property(nonces, fc.integer({ min: 0, max: 99_999 }), (nonce, ordinal) => {
        const id = customId(nonce, ordinal);
        expect(parseCustomId(id)).toEqual({ nonce, ordinal });
        // The API's pattern for a custom_id.
        expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      }),
    );
  });

  test.each([
    '',
    'request-1',
    NONCE,
    `${NONCE}-`,
    `${NONCE}-01`,
    `${NONCE}--1`,
    `${NONCE}-1.5`,
    `${NONCE}-100000`,
    `${NONCE}-1 `,
    ` ${NONCE}-1`,
    `${NONCE}-1\n`,
    `${NONCE.toUpperCase()}-1`,
    `${NONCE}0-1`,
    `${NONCE.slice(1)}-1`,
  ])('of another tool are recognized: %j', (id) => {
    expect(parseCustomId(id)).toBeUndefined();
  });
});
