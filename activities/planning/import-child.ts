import { isDeepStrictEqual } from 'node:util';
import { FAILURE } from '../../src/job/failure';
import type { ChildJob } from '../../src/job/inputs';
import type { JobRef } from '../../src/job/job';
import { normalizeSpec } from '../../src/job-spec/normalize';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { SpecError } from '../../src/job-spec/validation-errors';
import { readSpec, writeSpec } from '../../src/records/stored-spec';
import { findJson } from '../../src/store/json';
import { ifAbsent, ifFound } from '../../src/store/optional';
import type { Store } from '../../src/store/store';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';

/**
 * Creates the job of a user's workflow: checks its spec and writes it into the job's folder. The documents
 * stay where the user's activity wrote them. If the workflow was reset, the job has its spec already, which
 * stays.
 *
 * @throws non-retryable failures if the spec is invalid or has changed, or if the documents do not exist
 */
export async function importChild({ store }: ActivityDeps, job: JobRef, child: ChildJob): Promise<void> {
  const earlier = await ifFound(readSpec(store, job));
  const given = await givenSpec(store, child);
  // Documents and spec of a job that was planned may have been deleted.
  if (!given && earlier) return;
  if (!given) throw missing('job spec', child.specRef!.key, store);
  const spec = normalized(given, job, child);
  if (earlier) return assertSame(job, earlier, spec);
  const { key } = child.documents;
  if (!(await store.head(key))) throw missing('documents', key, store);
  if (await ifAbsent(writeSpec(store, job, spec))) return;
  assertSame(job, await readSpec(store, job), spec);
}

/** Compares specs as JSON, which leaves out fields that are undefined, and documents by their contents. */
function assertSame({ id }: JobRef, earlier: NormalizedSpec, spec: NormalizedSpec): void {
  const comparable = (one: NormalizedSpec) => JSON.parse(JSON.stringify({ ...one, source: contentsOf(one) }));
  if (isDeepStrictEqual(comparable(earlier), comparable(spec))) return;
  throw new StepError(
    FAILURE.specInvalid,
    `The workflow was reset and started the job ${JSON.stringify(id)} again, with other options or documents ` +
      'than before. Give the call of batchJob another `name`: it then starts another job, which pays for its ' +
      'documents again.',
    { final: true },
  );
}

const contentsOf = ({ source }: NormalizedSpec) =>
  source.kind === 'input' ? { ...source, documents: source.documents?.sha256 } : source;

/** Returns the spec of the call, or `undefined` if it was stored and is gone. */
async function givenSpec(store: Store, { spec = {}, specRef }: ChildJob): Promise<object | undefined> {
  return specRef ? findJson(store, specRef.key) : spec;
}

function normalized(spec: object, { id }: JobRef, { documents, specRef }: ChildJob): NormalizedSpec {
  const { key, sha256 } = documents;
  try {
    return normalizeSpec(spec, {
      id,
      source: { kind: 'input', format: 'jsonl', documents: { key, sha256 } },
    });
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    // A stored spec may have been stored because it is confidential.
    const publicMessage = specRef && `The job spec ${specRef.key} is invalid. ${WHOLE_MESSAGE}`;
    throw new StepError(FAILURE.specInvalid, error.message, { publicMessage, final: true });
  }
}

const WHOLE_MESSAGE = "The job's folder in the store has the whole message.";

function missing(what: string, key: string, { location }: Store): StepError {
  return new StepError(
    FAILURE.inputMissing,
    `The ${what} ${key} cannot be found in the store ${location}. Write them in an activity of the workflow, ` +
      'with the same store.',
    { final: true },
  );
}
