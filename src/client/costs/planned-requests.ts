import { hash } from 'node:crypto';
import type { PricedRequest } from '../../cost/estimate/bounds';
import { type ReadOptions, readDocuments } from '../../input/documents';
import type { Entry, InputCursor } from '../../input/entry';
import type { Builders } from '../../job-spec/builder';
import { pricedRequest } from '../../job-spec/request-facts';
import { requestWriter } from '../../job-spec/requests';
import type { NormalizedSpec, StoredInput } from '../../job-spec/spec';
import type { RequestWriter } from '../../job-spec/template';
import { documentLine } from '../../records/document-line';
import type { Store } from '../../store/store';
import { InputSourceError } from '../errors';
import { fileSource } from '../start/file-source';

/** A request as a job would send it. */
export interface Planned extends PricedRequest {
  id: string;
  line: number;
  file?: string;
  params: Record<string, unknown>;
  /** The digest of the params as sent. `bytes` is their size. */
  digest: Buffer;
  bytes: number;
  /** The position of the document, for `at`. */
  cursor: InputCursor;
}

/** The requests that a job would build from a file. They are built again on each read, and never written. */
export class PlannedRequests {
  readonly #write: RequestWriter;
  readonly #source: Pick<Store, 'head' | 'open'>;
  readonly #read: ReadOptions;

  readonly #file: string;

  /** @throws {UnknownBuilderError} */
  constructor(
    file: string,
    spec: Pick<NormalizedSpec, 'idField' | 'betas' | 'allowUnknownParams'> & {
      request: { template: unknown } | { builder: string };
    },
    input: StoredInput,
    builders: Builders,
  ) {
    this.#file = file;

    this.#write = requestWriter(spec.request, spec, builders);
    this.#source = fileSource(file);
    this.#read = { ...input, idField: spec.idField };
  }

  /** Yields all requests. @throws {InputError} for the first invalid document, like planning. */
  async *all(): AsyncGenerator<Planned> {
    let cursor: InputCursor = { offset: 0, line: 0 };
    for await (const batch of readDocuments(this.#source, this.#file, this.#read)) {
      for (const entry of batch) {
        yield this.#planned(entry, cursor);
        cursor = entry.next;
      }
    }
  }

  /** Returns the request of the document at a position. */
  async at(cursor: InputCursor): Promise<Planned> {
    for await (const batch of readDocuments(this.#source, this.#file, { ...this.#read, cursor })) {
      for (const entry of batch) return this.#planned(entry, cursor);
    }
    throw new InputSourceError(`The input ${this.#file} changed while it was being read. Try again.`);
  }

  /** Yields the documents in the form of a job's `documents.jsonl`. */
  async *documentLines(): AsyncGenerator<{ bytes: Buffer }[]> {
    for await (const batch of readDocuments(this.#source, this.#file, this.#read)) {
      yield Array.from(batch, ({ document: { id, line, file } }) => ({
        bytes: Buffer.from(documentLine({ id, line, file })),
      }));
    }
  }

  #planned({ document }: Entry, cursor: InputCursor): Planned {
    const json = this.#write(document);
    const params = JSON.parse(json);
    const { id, line, file } = document;
    const digest = hash('sha256', json, 'buffer');
    return {
      ...pricedRequest(params),
      id,
      line,
      file,
      params,
      digest,
      bytes: Buffer.byteLength(json),
      cursor,
    };
  }
}
