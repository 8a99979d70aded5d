import { normalizeSpec } from '../../job-spec/normalize';
import type { JobOptions } from '../../job-spec/spec';
import { owningJob } from '../../records/claims';
import type { Context } from '../context';
import { JobExistsError, OptionError, quoted } from '../errors';
import { JobHandle } from '../handle';
import type { StartSettings } from '../types';
import { startJob } from './start';

/** The options of `BatchClient.adopt`. */
export interface AdoptOptions
  extends Pick<JobOptions, 'pollFloor' | 'pollCeiling' | 'prices' | 'tags' | 'onComplete'>,
    Omit<StartSettings, 'id' | 'input' | 'again'> {
  /** The job id. Default: the batch id. */
  id?: string;
}

const BATCH_ID = /^msgbatch_[A-Za-z0-9_-]{1,128}$/;

/** Starts a job that takes the results of a batch that another tool created. */
export async function adoptBatch(context: Context, batch: string, options: AdoptOptions): Promise<JobHandle> {
  if (typeof batch !== 'string' || !BATCH_ID.test(batch)) {
    throw new OptionError(
      'The batch must be the id of a Message Batch, such as msgbatch_013Zva2CMHLNnXjNJJKqJ2EF (got ' +
        `${quoted(String(batch))}). Nothing was started.`,
    );
  }
  const { id = batch, pollFloor, pollCeiling, prices, tags, onComplete, ...settings } = options;
  const owner = await owningJob(context.store, batch);
  if (owner) {
    throw new JobExistsError(
      id,
      `the batch ${batch} belongs to the job ${quoted(owner.id)}. Take its results from that job.`,
    );
  }
  const spec = normalizeSpec(
    { pollFloor, pollCeiling, prices, tags, onComplete },
    { id, source: { kind: 'adopt', batch } },
  );
  const started = await startJob(context, spec, settings, async () => {});
  return new JobHandle(context, id, started.workflow, started.job);
}
