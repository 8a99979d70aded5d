import { hash } from 'node:crypto';
import type { PricedRequest } from '../../cost/estimate/bounds';
import { readDocuments } from '../../input/documents';
import type { Entry, InputCursor } from '../../input/entry';
import type { Builders } from '../../job-spec/builder';
import { pricedRequest } from '../../job-spec/request-facts';
import { requestWriter } from '../../job-spec/requests';
import type { InputFormat, NormalizedSpec } from '../../job-spec/spec';
import type { RequestWriter } from '../../job-spec/template';
import { documentLine } from '../../records/document-line';
import type { Store } from '../../store/store';
import { fileSource } from '../start/input';

/** A request as a job would send it. */
export interface Planned extends PricedRequest {
  id: string;
  line: number;
  params: Record<string, unknown>;
  /** Of the params as they are sent, and their size. */
  digest: Buffer;
  bytes: number;
  /** Where the document begins, for `at`. */
  cursor: InputCursor;
}

/** The requests that a job would make of a file, made anew as often as they are asked for. Nothing is written. */
export class PlannedRequests {
  readonly #write: RequestWriter;
  readonly #source: Pick<Store, 'head' | 'open'>;
  readonly #read: { format: InputFormat; idField: string };

  readonly #file: string;

  /** @throws {UnknownBuilderError} */
  constructor(
    file: string,
    {
      request,
      idField,
    }: Pick<NormalizedSpec, 'idField'> & { request: { template: unknown } | { builder: string } },
    format: InputFormat,
    builders: Builders,
  ) {
    this.#file = file;

    this.#write = requestWriter(request, builders);
    this.#source = fileSource(file);
    this.#read = { format, idField };
  }

  /** All of them. @throws {InputError} as planning does, for the first document that cannot be taken. */
  async *all(): AsyncGenerator<Planned> {
    let cursor: InputCursor = { offset: 0, line: 0 };
    for await (const batch of readDocuments(this.#source, this.#file, this.#read)) {
      for (const entry of batch) {
        yield this.#planned(entry, cursor);
        cursor = entry.next;
      }
    }
  }

  /** The one that begins there. */
  async at(cursor: InputCursor): Promise<Planned> {
    for await (const batch of readDocuments(this.#source, this.#file, { ...this.#read, cursor })) {
      for (const entry of batch) return this.#planned(entry, cursor);
    }
    throw new Error(`The input ${this.#file} was changed while it was read.`);
  }

  /** The documents as a job's `documents.jsonl` has them. */
  async *documentLines(): AsyncGenerator<{ bytes: Buffer }[]> {
    for await (const batch of readDocuments(this.#source, this.#file, this.#read)) {
      yield Array.from(batch, ({ document: { id, line } }) => ({
        bytes: Buffer.from(documentLine({ id, line })),
      }));
    }
  }

  #planned({ document }: Entry, cursor: InputCursor): Planned {
    const json = this.#write(document);
    const params = JSON.parse(json);
    const { id, line } = document;
    const digest = hash('sha256', json, 'buffer');
    return { ...pricedRequest(params), id, line, params, digest, bytes: Buffer.byteLength(json), cursor };
  }
}
