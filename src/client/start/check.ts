import { normalizeSpec } from '../../job-spec/normalize';
import type { NormalizedSpec } from '../../job-spec/spec';
import type { StartOptions } from '../types';
import { openInput } from './input';
import type { OpenedInput } from './whole-input';

/** A start whose options and input were checked. */
export interface CheckedStart {
  spec: NormalizedSpec;
  input: OpenedInput;
}

/**
 * Checks what can be checked without Temporal: the job's spec, and that its input can be read.
 *
 * @throws {SpecError} {@link InputSourceError}
 */
export async function checkStart(options: StartOptions & { id: string }): Promise<CheckedStart> {
  const {
    id,
    input: source,
    workflowIdConflictPolicy,
    workflowIdReusePolicy,
    searchAttributes,
    again,
    ...spec
  } = options;
  const input = await openInput(source);
  return { spec: normalizeSpec(spec, { id, source: { kind: 'input', ...input.stored } }), input };
}
