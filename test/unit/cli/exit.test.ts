import { describe, expect, it, vi } from 'vitest';
import { Exit, exitCodeOf, exitCodeOfError, UsageError } from '../../../src/cli/exit';
import { messageOf, sayError } from '../../../src/cli/output/message';
import {
  InputSourceError,
  JobCanceledError,
  JobExistsError,
  JobFailedError,
  OptionError,
} from '../../../src/client/errors';
import { FAILURE } from '../../../src/job/failure';
import { SpecError } from '../../../src/job-spec/validation-errors';
import { StoreLocationError } from '../../../src/store/store';

it.each([
  ['completed', 0, 0],
  ['completed', 7, 3],
  ['failed', 0, 1],
  ['failed', 7, 1],
  ['canceled', 7, 5],
] as const)('a job that is %s with %i failed documents ends with exit code %i', (state, failed, code) => {
  expect(exitCodeOf({ state, failed })).toBe(code);
});

it.each([
  [new UsageError('x'), 2],
  [new SpecError([{ option: 'chunkSize', message: 'x' }]), 2],
  [new InputSourceError('x'), 2],
  [new OptionError('x'), 2],
  [new StoreLocationError('x'), 2],
  [new JobExistsError('j', 'x'), 1],
  [new JobFailedError('j', 'x', undefined), 1],
  [new JobCanceledError('j', undefined), 5],
  [new Exit(130), 130],
  [new Error('x'), 1],
  ['x', 1],
])('%s ends with its exit code', (error, code) => {
  expect(exitCodeOfError(error)).toBe(code);
});

describe('the message of an error', () => {
  it('names the flag for the option of a spec', () => {
    const error = new SpecError([
      { option: 'chunkSize', message: '`chunkSize` must be more (got 0).' },
      { option: 'betas', message: '`betas` must be less (got "é").' },
      { option: 'template.max_tokens', message: 'template.max_tokens is missing.' },
    ]);
    expect(messageOf(error)).toBe(
      'The job\'s options are not valid:\n- `--chunk-size` must be more (got 0).\n- `--beta` must be less (got "é").\n' +
        '- template.max_tokens is missing.',
    );
  });

  it.each([
    [new OptionError('`cancel` requires `maxUsd` (got "x").'), '`--cancel` requires `--max-usd` (got "x").'],
    [new StoreLocationError('`inputs` must be a folder.'), '`--inputs` must be a folder.'],
  ])('names the flags for the options of a call', (error, message) => {
    expect(messageOf(error)).toBe(message);
  });

  it('replaces an option by its flag, and keeps other words', () => {
    const message = '`duration` must be a duration of at least pollFloor in camelCase (got "x").';
    expect(messageOf(new SpecError([{ option: 'duration', message }]))).toBe(
      '`--duration` must be a duration of at least --poll-floor in camelCase (got "x").',
    );
  });

  it('has a stack trace only for an unexpected error', () => {
    expect(messageOf(new JobExistsError('j', 'it is taken.'))).toBe(
      'The job "j" was not started: it is taken.',
    );
    expect(messageOf(new TypeError('bug'))).toMatch(/TypeError: bug\n.* at /);
  });

  it('includes the cause', () => {
    expect(messageOf(new Error('outer', { cause: new Error('inner') }))).toBe('outer: inner');
  });
});

describe('a failed command', () => {
  const said = (error: unknown) => {
    const lines: string[] = [];
    const write = vi
      .spyOn(process.stderr, 'write')
      .mockImplementation((data) => lines.push(String(data)) > 0);
    sayError(error);
    write.mockRestore();
    return lines.join('');
  };

  it('says where the documentation explains its error', () => {
    expect(said(new JobExistsError('j', 'it is taken.'))).toBe(
      'Error: The job "j" was not started: it is taken.\n' +
        'See temporal-anthropic-batch/docs/troubleshooting.md#job-exists\n',
    );
    expect(said(new JobFailedError('j', 'x.', undefined, { type: FAILURE.duplicateId }))).toMatch(
      /docs\/troubleshooting\.md#anthropic-duplicate-id\n$/,
    );
  });

  it('says only the message after a mistake in its usage', () => {
    expect(said(new OptionError('The value is wrong.'))).toBe('Error: The value is wrong.\n');
    expect(said(new UsageError('no such file'))).toBe('Error: no such file\n');
  });
});
