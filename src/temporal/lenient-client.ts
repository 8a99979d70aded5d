import { Client, type DataConverter, type WorkflowClient } from '@temporalio/client';
import type {
  LoadedDataConverter,
  Payload,
  PayloadCodec,
  PayloadConverter,
  SerializationContext,
} from '@temporalio/common';
import { failureMessage } from '../job/failure';

/** Is called when something would have been read from a payload that could not be decoded. */
export type ReportUndecodable = (reason: string, workflowId: string | undefined) => void;

/** Stands for the value of a payload that could not be decoded. */
export class Undecodable {
  readonly #report: () => void;

  constructor(
    /** Why it could not be decoded. */
    readonly reason: string,
    report: () => void,
  ) {
    this.#report = report;
  }

  /** What the SDK shows as the message of a failure whose message could not be decoded. */
  get message(): string {
    return `The message could not be decoded (${this.reason})`;
  }

  report(): void {
    this.#report();
  }
}

/** Returns a report that warns once for each reason. */
export function warnOfUndecodable(warn: (message: string) => void): ReportUndecodable {
  const known = new Set<string>();
  return (reason, workflowId) => {
    if (known.has(reason)) return;
    known.add(reason);
    const what =
      workflowId === undefined ? 'A payload' : `What the workflow ${JSON.stringify(workflowId)} reported`;
    warn(
      `${what} cannot be decoded (${reason}). It is left out, or read from the store. Give the data ` +
        "converter of the job's worker: --data-converter MODULE, or `dataConverter` of the Temporal client.",
    );
  };
}

/**
 * Returns a client of the same connection that gives an `Undecodable` for a payload that it cannot decode.
 * The given client would throw, so one encrypted job would hide all others in a list.
 */
export function lenientClient(client: Client, report: ReportUndecodable): Client {
  const { namespace, identity, interceptors, workflow, loadedDataConverter } = client.options;
  const converter = lenient(loadedDataConverter, report);
  const made = new Client({
    connection: client.connection,
    namespace,
    identity,
    interceptors,
    workflow,
    // Also accepts a loaded converter, which is what a client passes to its own parts.
    dataConverter: converter as DataConverter,
  });
  return Object.defineProperty(made, 'workflow', { value: withConverter(client.workflow, converter) });
}

/**
 * Returns a workflow client with another converter that is otherwise the given one. That may be of a class of
 * its own: a test environment's skips time while a result is awaited.
 */
function withConverter(client: WorkflowClient, converter: LoadedDataConverter): WorkflowClient {
  const options = { ...client.options, loadedDataConverter: converter };
  return Object.create(client, { options: { value: options }, dataConverter: { value: converter } });
}

function lenient(converter: LoadedDataConverter, report: ReportUndecodable): LoadedDataConverter {
  const undecoded = new WeakMap<Payload, unknown>();
  return {
    ...converter,
    payloadCodecs: [lenientCodec(converter.payloadCodecs, undecoded)],
    payloadConverter: lenientConverter(converter.payloadConverter, undecoded, report),
  };
}

/** Applies all codecs. Notes the error of a payload that they cannot decode in `undecoded`. */
function lenientCodec(codecs: readonly PayloadCodec[], undecoded: WeakMap<Payload, unknown>): PayloadCodec {
  const decode: PayloadCodec['decode'] = async (payloads, context) => {
    try {
      return await decodeAll(codecs, payloads, context);
    } catch (error) {
      // One undecodable payload must not hide the others.
      if (payloads.length > 1) {
        return (await Promise.all(payloads.map((payload) => decode([payload], context)))).flat();
      }
      for (const payload of payloads) undecoded.set(payload, error);
      return payloads;
    }
  };
  return {
    decode,
    async encode(payloads, context) {
      let encoded = payloads;
      for (const codec of codecs) encoded = await codec.encode(encoded, context);
      return encoded;
    },
  };
}

function lenientConverter(
  converter: PayloadConverter,
  undecoded: WeakMap<Payload, unknown>,
  report: ReportUndecodable,
): PayloadConverter {
  return {
    toPayload: (...args) => converter.toPayload(...args),
    validateConverterHint:
      converter.validateConverterHint && ((hint) => converter.validateConverterHint!(hint)),
    fromPayload<T>(...args: Parameters<PayloadConverter['fromPayload']>): T {
      const [payload, context] = args;
      try {
        if (undecoded.has(payload)) throw undecoded.get(payload);
        return converter.fromPayload(...args) as T;
      } catch (error) {
        const reason = failureMessage(error);
        return new Undecodable(reason, () => report(reason, context?.workflowId)) as T;
      }
    },
  };
}

/** Applies codecs to payloads, in the opposite order of encoding. */
export async function decodeAll(
  codecs: readonly PayloadCodec[],
  payloads: Payload[],
  context: SerializationContext | undefined,
): Promise<Payload[]> {
  let decoded = payloads;
  for (const codec of [...codecs].reverse()) decoded = await codec.decode(decoded, context);
  return decoded;
}
