import { copyInput, openInput } from '../../src/client/start/input';
import type { InputSource } from '../../src/client/types';
import { readDocuments } from '../../src/input/documents';
import type { Document } from '../../src/job-spec/builder';
import { MemoryStore } from './memory-store';

/** Copies an input into a store, as `start` does, and returns its documents as planning reads them. */
export async function documentsOfInput(input: InputSource): Promise<Document[]> {
  const opened = await openInput(input);
  const store = new MemoryStore();
  await copyInput(store, 'input', opened);
  const found: Document[] = [];
  for await (const batch of readDocuments(store, 'input', { ...opened.stored, idField: 'id' })) {
    for (const { document } of batch) found.push(document);
  }
  return found;
}
