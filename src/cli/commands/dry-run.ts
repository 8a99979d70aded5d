import { type Planned, PlannedRequests } from '../../client/costs/planned-requests';
import { InputSourceError } from '../../client/errors';
import type { CheckedStart } from '../../client/start/check';
import { fileSource } from '../../client/start/file-source';
import { onDisk } from '../../client/start/on-disk';
import { reviewTemplate } from '../../client/start/review-template';
import { assertDistinctIds, DuplicateIdError } from '../../input/distinct-ids';
import { inUnitOf } from '../../input/documents';
import { InputError } from '../../job-spec/validation-errors';
import { UsageError } from '../exit';
import { counted, grouped, print, printJson, say } from '../output/print';

/** The requests that are shown. */
const SHOWN = 3;

interface DryRun {
  documents: number;
  /** Bytes of all requests. */
  bytes: number;
  first: Pick<Planned, 'id' | 'params'>[];
}

/** Builds the requests of a job, checks them like planning does, and prints the first. Starts nothing. */
export async function dryRun(start: CheckedStart, { json }: { json?: boolean }): Promise<void> {
  const { documents, bytes, first } = await planned(start);
  if (json) return printJson({ documents, bytes, first });
  for (const { id, params } of first) {
    await print(`${id}\n${JSON.stringify(params, null, 2)}\n\n`);
  }
  const rest = documents - first.length;
  if (rest > 0) say(`… and ${counted(rest, 'more request')}.`);
  say(
    `${counted(documents, 'valid document')}: requests of ${grouped(bytes)} bytes. Nothing was started or ` +
      'sent. To see what they cost, run anthropic-batch estimate.',
  );
}

async function planned({ spec, input }: CheckedStart): Promise<DryRun> {
  const { request } = spec;
  if (!('template' in request)) {
    throw new UsageError(
      "`--dry-run` cannot call the workers' builder. To check its requests, run anthropic-batch estimate with " +
        '--builder NAME and --builders MODULE.',
    );
  }
  const found: DryRun = { documents: 0, bytes: 0, first: [] };
  try {
    await onDisk(input, async (file) => {
      await reviewTemplate(spec, fileSource(file), file, say);
      const requests = new PlannedRequests(file, { ...spec, request }, input.stored, {});
      for await (const { id, params, bytes } of requests.all()) {
        found.documents++;
        found.bytes += bytes;
        if (found.first.length < SHOWN) found.first.push({ id, params });
      }
      await assertDistinctIds(() => requests.documentLines());
    });
  } catch (error) {
    if (!(error instanceof InputError || error instanceof DuplicateIdError)) throw error;
    throw new InputSourceError(inUnitOf(spec.source, error).message, { cause: error });
  }
  return found;
}
