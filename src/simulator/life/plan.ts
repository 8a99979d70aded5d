import { OUTCOMES, type SimulatedOutcome } from './outcomes';
import type { Tokens } from './usage';

/**
 * A request's outcome and other facts, decided when its batch was created. 64 bytes on disk, little endian.
 */
export interface PlannedRequest {
  /** Offset of its line in the requests file, in bytes. */
  offset: number;
  length: number;
  /** The outcome if it is processed. */
  outcome: SimulatedOutcome;
  /** Its outcome was ordered for the first few times that the same params are sent. */
  counted: boolean;
  /** The tokens billed if it succeeds. */
  tokens: Tokens;
  /** SHA-256 of its params. */
  digest: Uint8Array;
}

const PLAN_BYTES = 64;

/** Token columns, in the order in which they are written. */
const COLUMNS = [
  'input_tokens',
  'output_tokens',
  'cache_creation_5m_input_tokens',
  'cache_creation_1h_input_tokens',
  'cache_read_input_tokens',
] as const satisfies (keyof Tokens)[];

export function encodePlanned(request: PlannedRequest): Buffer {
  const record = Buffer.alloc(PLAN_BYTES);
  record.writeUInt32LE(request.offset, 0);
  record.writeUInt32LE(request.length, 4);
  for (const [index, column] of COLUMNS.entries())
    record.writeUInt32LE(request.tokens[column], 8 + index * 4);
  record.writeUInt8(OUTCOMES.indexOf(request.outcome), 28);
  record.writeUInt8(request.counted ? 1 : 0, 29);
  record.set(request.digest, 32);
  return record;
}

/** A batch's plan in its form on disk: 6.4 MB for 100,000 requests. */
export class Plan {
  readonly size: number;

  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;

    this.size = bytes.length / PLAN_BYTES;
  }

  offset = (index: number): number => this.#bytes.readUInt32LE(index * PLAN_BYTES);
  length = (index: number): number => this.#bytes.readUInt32LE(index * PLAN_BYTES + 4);
  outcome = (index: number): SimulatedOutcome => OUTCOMES[this.#bytes[index * PLAN_BYTES + 28]!]!;
  counted = (index: number): boolean => this.#bytes[index * PLAN_BYTES + 29] === 1;

  addTokens(index: number, sum: Tokens): void {
    for (const [at, column] of COLUMNS.entries()) {
      sum[column] += this.#bytes.readUInt32LE(index * PLAN_BYTES + 8 + at * 4);
    }
  }

  digest(index: number): Buffer {
    const start = index * PLAN_BYTES + 32;
    return this.#bytes.subarray(start, start + 32);
  }
}
