import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import { allOf } from '../all-of';
import { API_ERROR_TYPES, type ApiErrorType } from '../api-error';
import { OUTCOMES, type SimulatedOutcome } from '../life/outcomes';
import { ODD_ROWS, type OddRow } from './odd-rows';

/** An endpoint of the API that the simulator serves. */
export type Endpoint =
  | 'create'
  | 'retrieve'
  | 'list'
  | 'cancel'
  | 'delete'
  | 'results'
  | 'messages'
  | 'count_tokens';

export const ENDPOINTS = allOf<Endpoint>()([
  'create',
  'retrieve',
  'list',
  'cancel',
  'delete',
  'results',
  'messages',
  'count_tokens',
]);

/** The calls that an HTTP fault affects. */
export interface FaultScope {
  /** Default: every endpoint. */
  endpoint?: Endpoint;
  /** Only calls about this batch. */
  batch?: string;
  /** Lets this many matching calls pass first. Default 0. */
  skip?: number;
  /** Fires this often, then never again. `null`: without end. Default 1. */
  times?: number | null;
  /** Fires for this fraction of the matching calls, 0 to 1. Default 1. */
  probability?: number;
  /** Selects the calls: the same seed selects the same ones. Default 0. */
  seed?: number;
}

/** The moment at which a fault shows: before or after the call's effect (a batch exists, is canceled, …). */
export interface FaultMoment {
  when?: 'before' | 'after';
  /**
   * With `when: 'before'`, for calls with a body: shows as soon as this many bytes of it have arrived (0: the
   * headers). Default: after the whole body.
   */
  afterBytes?: number;
}

/** A fault of a call. If several faults affect a call, all delays apply, and the first of the others. */
export type HttpFault = FaultScope &
  (
    | ({
        /** An error reply. `when` is `before` by default. */
        kind: 'status';
        /** HTTP status, 400 to 599. */
        status: number;
        /** The `retry-after` header, in seconds. */
        retryAfter?: number;
        /** `error.type`. Default: the API's type for this status. */
        type?: ApiErrorType;
        /** `error.message`. Default: `Simulated` and the status. */
        message?: string;
        /** `error.details.error_code`. Default: none. */
        code?: string;
        /** Replies with HTML, as a proxy does, instead of the API's error shape. */
        proxy?: boolean;
      } & FaultMoment)
    /** Destroys the socket without a reply. `when` is `before` by default. `after`: the reply is lost. */
    | ({ kind: 'drop' } & FaultMoment)
    /**
     * Waits, in milliseconds of real time. `when` is `after` by default. `before`: the batch is created
     * later.
     */
    | { kind: 'delay'; ms: number; when?: 'before' | 'after' }
    /**
     * Ends the results early: in the middle of a line (`line`) or between two (`boundary`), after this many
     * complete rows (default: half of them). `clean`: the reply ends as if complete (default for `boundary`),
     * else the socket is destroyed.
     */
    | { kind: 'cut'; at: 'line' | 'boundary'; rows?: number; clean?: boolean }
    /**
     * Makes the first `rows` rows of the results odd. Default 1. `only: 'errored'`: the first of the errored
     * requests, so that a row that says errored is true.
     */
    | { kind: 'odd-row'; row: OddRow; rows?: number; only?: 'errored' }
    /** Replies to a call for results with an empty body. */
    | { kind: 'empty-results' }
    /**
     * Replaces the `request_counts` of ended batches. Default: all zero. The reply omits a field that is
     * unset here.
     */
    | { kind: 'wrong-counts'; counts?: Partial<Anthropic.Messages.MessageBatchRequestCounts> }
    /** Replies with status 200 and a JSON page of a proxy. `when` is `before` by default. */
    | ({ kind: 'json-page' } & Pick<FaultMoment, 'when'>)
    /**
     * A successful JSON reply of the wrong shape. The call has its effect. A dot leads into an object, as in
     * `request_counts.errored`. In a list, a field of the batches changes in each entry.
     */
    | { kind: 'malformed'; fields: Record<string, Malformed> }
    /** The list omits counts that are zero, as gateways do. */
    | { kind: 'list-omits-zero' }
  );

/** How a field of a reply is wrong. `retyped`: of another type. */
export type Malformed = 'missing' | 'null' | 'retyped';

const MALFORMED = allOf<Malformed>()(['missing', 'null', 'retyped']);

/** The outcomes of requests, decided when their batch is created. A request's own marker takes precedence. */
export interface RequestFault {
  outcome: SimulatedOutcome;
  /** The fraction of the requests that is affected, 0 to 1, selected by a hash of the params. Default 1. */
  fraction?: number;
  /** Selects another part. Default 0. */
  seed?: number;
  /** Only requests whose system prompt or messages contain this text. */
  contains?: string;
  /** Affects only the first `times` requests with the same params. Default: all. */
  times?: number;
}

/** The simulator's faults, as JSON. */
export interface FaultSpec {
  http?: HttpFault[];
  requests?: RequestFault[];
  /** Delay until a new batch shows in the list, in milliseconds of the simulator's clock. Default 0. */
  listLag?: number;
}

const count = z.int().min(0);
const counts = z.strictObject({
  processing: count.optional(),
  succeeded: count.optional(),
  errored: count.optional(),
  canceled: count.optional(),
  expired: count.optional(),
});
const text = z.string().min(1);
const part = z.number().min(0).max(1);
const when = z.enum(['before', 'after']).optional();
const moment = { when, afterBytes: count.optional() };
const scope = {
  endpoint: z.enum(ENDPOINTS).optional(),
  batch: z.string().optional(),
  skip: count.optional(),
  times: count.nullable().optional(),
  probability: part.optional(),
  seed: z.int().optional(),
};

const schema: z.ZodType<FaultSpec> = z.strictObject({
  http: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('status'),
          status: z.int().min(400).max(599),
          retryAfter: z.number().min(0).optional(),
          type: z.enum(API_ERROR_TYPES).optional(),
          message: text.optional(),
          code: text.optional(),
          proxy: z.boolean().optional(),
          ...moment,
          ...scope,
        }),
        z.strictObject({ kind: z.literal('drop'), ...moment, ...scope }),
        z.strictObject({ kind: z.literal('delay'), ms: z.number().min(0), when, ...scope }),
        z.strictObject({
          kind: z.literal('cut'),
          at: z.enum(['line', 'boundary']),
          rows: count.optional(),
          clean: z.boolean().optional(),
          ...scope,
        }),
        z.strictObject({
          kind: z.literal('odd-row'),
          row: z.enum(ODD_ROWS),
          rows: count.optional(),
          only: z.literal('errored').optional(),
          ...scope,
        }),
        z.strictObject({ kind: z.literal('empty-results'), ...scope }),
        z.strictObject({ kind: z.literal('wrong-counts'), counts: counts.optional(), ...scope }),
        z.strictObject({ kind: z.literal('json-page'), when, ...scope }),
        z.strictObject({
          kind: z.literal('malformed'),
          fields: z.record(text, z.enum(MALFORMED)),
          ...scope,
        }),
        z.strictObject({ kind: z.literal('list-omits-zero'), ...scope }),
      ]),
    )
    .optional(),
  requests: z
    .array(
      z.strictObject({
        outcome: z.enum(OUTCOMES),
        fraction: part.optional(),
        seed: z.int().optional(),
        contains: text.optional(),
        times: count.optional(),
      }),
    )
    .optional(),
  listLag: z.number().min(0).optional(),
});

/** @throws {TypeError} that names the field, for anything that is not a `FaultSpec` */
export function parseFaultSpec(value: unknown): FaultSpec {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new TypeError(`The faults are invalid:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
