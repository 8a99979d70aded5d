import { normalizeSpec } from '../../job-spec/normalize';
import type { NormalizedSpec } from '../../job-spec/spec';
import type { StartOptions } from '../types';
import { checkInput, storedInput } from './input';

/**
 * Checks what can be checked without a server: the job's spec, and that its input can be read.
 *
 * @throws {SpecError} {@link InputSourceError}
 */
export async function checkStart(options: StartOptions & { id: string }): Promise<NormalizedSpec> {
  const { id, input, workflowIdConflictPolicy, workflowIdReusePolicy, searchAttributes, again, ...spec } =
    options;
  await checkInput(input);
  return normalizeSpec(spec, { id, source: { kind: 'input', ...storedInput(input) } });
}
