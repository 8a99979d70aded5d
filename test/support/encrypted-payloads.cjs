// The data converter of a namespace whose payloads are encrypted with AES-GCM, as a user writes it.
const { createCipheriv, createDecipheriv, createHash, randomBytes } = require('node:crypto');
const { temporal } = require('@temporalio/proto');

const { Payload } = temporal.api.common.v1;
const ENCODING = 'binary/encrypted';
const KEY = createHash('sha256')
  .update(process.env.TEST_PAYLOAD_KEY ?? 'a key')
  .digest();
const IV = 12;
const TAG = 16;

const isEncrypted = ({ metadata }) => Buffer.from(metadata?.encoding ?? '').toString() === ENCODING;

const codec = {
  async encode(payloads) {
    return payloads.map((payload) => {
      const iv = randomBytes(IV);
      const cipher = createCipheriv('aes-256-gcm', KEY, iv);
      const body = Buffer.concat([cipher.update(Payload.encode(payload).finish()), cipher.final()]);
      const data = Buffer.concat([iv, cipher.getAuthTag(), body]);
      return { metadata: { encoding: Buffer.from(ENCODING) }, data };
    });
  },
  async decode(payloads) {
    return payloads.map((payload) => {
      if (!isEncrypted(payload)) return payload;
      const data = Buffer.from(payload.data);
      const decipher = createDecipheriv('aes-256-gcm', KEY, data.subarray(0, IV));
      decipher.setAuthTag(data.subarray(IV, IV + TAG));
      return Payload.decode(Buffer.concat([decipher.update(data.subarray(IV + TAG)), decipher.final()]));
    });
  },
};

exports.dataConverter = {
  payloadCodecs: [codec],
  failureConverterPath: require.resolve('./encrypted-failures.cjs'),
};
