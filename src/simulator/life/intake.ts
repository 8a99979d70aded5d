import { isUtf8 } from 'node:buffer';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { invalid } from '../api-error';
import type { ApiVersion } from '../auth';
import { FileWriter } from '../files';
import { sha256 } from '../hash';
import { outline } from './answer';
import { isStop, type Order } from './outcomes';
import { refusal } from './params';
import { encodePlanned, type PlannedRequest } from './plan';
import { malformed, RequestsScanner } from './scanner';
import { type AnyParams, requestText } from './text';
import { noTokens } from './usage';

/** The API's own limit, stated separately from the product's: a shared constant would share its mistakes. */
const MAX_REQUESTS = 100_000;
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;

export const REQUESTS_FILE = 'requests.jsonl';
export const PLAN_FILE = 'plan.bin';

interface IntakeContext {
  version: ApiVersion;
  order(text: string, digest: Buffer): Order | undefined;
  /** Returns how often existing batches sent these params, if any order depends on that. */
  seen(digest: string): number;
}

/**
 * Reads a body into its own folder while it arrives: one line per request, and the planned outcome of each.
 * It becomes a batch only when the registry moves the folder among the batches.
 */
export class Intake {
  readonly #scanner = new RequestsScanner((bytes, index) => this.#add(bytes, index));
  readonly #requests: FileWriter;
  readonly #plan: FileWriter;
  readonly #customIds = new Set<string>();
  readonly #counted = new Map<string, number>();
  bytes = 0;

  readonly #context: IntakeContext;

  constructor(
    readonly folder: string,
    context: IntakeContext,
  ) {
    this.#context = context;

    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#requests = new FileWriter(join(folder, REQUESTS_FILE));
    this.#plan = new FileWriter(join(folder, PLAN_FILE));
  }

  get size(): number {
    return this.#customIds.size;
  }

  get hasCounted(): boolean {
    return this.#counted.size > 0;
  }

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#scanner.push(chunk);
  }

  /** @throws {ApiError} if the body is not a batch */
  finish(): void {
    this.#scanner.end();
    if (this.size === 0) throw invalid('requests: List should have at least 1 item after validation, not 0');
    this.#requests.close();
    this.#plan.close();
  }

  discard(): void {
    this.#requests.close();
    this.#plan.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #add(bytes: Buffer, index: number): void {
    if (index >= MAX_REQUESTS) {
      throw invalid(`requests: List should have at most ${MAX_REQUESTS} items after validation`);
    }
    const { custom_id, params } = parseRequest(bytes, index);
    if (this.#customIds.has(custom_id)) {
      throw invalid(
        `requests.${index}.custom_id: custom_id must be unique within the batch, got ${custom_id} twice`,
      );
    }
    this.#customIds.add(custom_id);
    const offset = this.#requests.size;
    // The remaining line breaks lie between tokens: JSON does not allow them in strings.
    for (const lineBreak of [0x0a, 0x0d]) {
      for (let at = bytes.indexOf(lineBreak); at >= 0; at = bytes.indexOf(lineBreak, at)) bytes[at] = 0x20;
    }
    this.#requests.write(bytes);
    this.#requests.write(LINE_FEED);
    this.#plan.write(encodePlanned({ offset, length: bytes.length, ...this.#settle(params) }));
  }

  /** Returns the outcome of a request if it is processed. */
  #settle(params: AnyParams): Omit<PlannedRequest, 'offset' | 'length'> {
    const digest = sha256(JSON.stringify(params));
    if (refusal(params, this.#context.version, true) !== undefined) {
      return { outcome: 'invalid_request_error', counted: false, tokens: noTokens(), digest };
    }
    const order = this.#context.order(requestText(params), digest);
    const outcome = order && this.#isDue(order, digest.toString('hex')) ? order.outcome : 'succeeded';
    const { tokens, stop } = outline(params, isStop(outcome) ? outcome : null);
    return {
      outcome: outcome === 'succeeded' && stop !== 'end_turn' ? stop : outcome,
      counted: order?.times !== undefined,
      tokens,
      digest,
    };
  }

  #isDue(order: Order, digest: string): boolean {
    if (order.times === undefined) return true;
    const here = this.#counted.get(digest) ?? 0;
    this.#counted.set(digest, here + 1);
    return this.#context.seen(digest) + here < order.times;
  }
}

const LINE_FEED = Buffer.from('\n');

/** A surrogate without its other half, as `JSON.stringify` writes it. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

function parseRequest(bytes: Buffer, index: number): { custom_id: string; params: AnyParams } {
  if (!isUtf8(bytes)) throw malformed('invalid UTF-8');
  const text = bytes.toString('utf8');
  let request: Record<string, unknown>;
  try {
    request = JSON.parse(text);
  } catch (error) {
    throw malformed(`requests.${index}: ${(error as Error).message}`);
  }
  if (/\\u[dD]/.test(text) && LONE_SURROGATE.test(JSON.stringify(request))) {
    throw malformed(`requests.${index}: no low surrogate in string`);
  }
  const { custom_id, params, ...extra } = request;
  const path = `requests.${index}`;
  const [unknown] = Object.keys(extra);
  if (unknown !== undefined) throw invalid(`${path}.${unknown}: Extra inputs are not permitted`);
  if (custom_id === undefined) throw invalid(`${path}.custom_id: Field required`);
  if (typeof custom_id !== 'string') throw invalid(`${path}.custom_id: Input should be a valid string`);
  if (!CUSTOM_ID.test(custom_id)) {
    throw invalid(`${path}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`);
  }
  if (params === undefined) throw invalid(`${path}.params: Field required`);
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw invalid(`${path}.params: Input should be a valid object`);
  }
  return { custom_id, params: params as AnyParams };
}
