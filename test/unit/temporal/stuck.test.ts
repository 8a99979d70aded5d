import { describe, expect, test } from 'vitest';
import type { StuckWorkflow } from '../../../src/job/stuck';
import { stuckMessage } from '../../../src/temporal/stuck';

const stuck: StuckWorkflow = {
  workflow: 'j/chunk-1',
  run: 'r',
  reason: 'replay',
  failures: 4,
  since: '2026-11-22T11:00:00.000Z',
  message: '[TMPRL1100] No command scheduled for event HistoryEvent(id: 26, TimerStarted)',
};

describe('a stuck workflow is reported with what to do', () => {
  test.each<[string, Partial<StuckWorkflow>, string]>([
    [
      'a chunk that does not replay',
      {},
      'The workflow "j/chunk-1" of the job "j" is stuck: its workflow task has failed at least 4 times in a row since 2026-11-22T11:00:00.000Z ' +
        '([TMPRL1100] No command scheduled for event HistoryEvent(id: 26, TimerStarted)). If you changed the workers’ version recently, go back to the earlier one. ' +
        'Otherwise "anthropic-batch reset j" resets it to before event 26. Nothing is paid for twice.',
    ],
    ['a job', { workflow: 'j' }, 'The job "j" is stuck: '],
    [
      'no event',
      { message: 'does not match' },
      '"anthropic-batch reset j" resets it one workflow task back.',
    ],
    ['code that throws', { reason: 'error', message: 'boom' }, '(boom). It continues once workers poll'],
    ['no worker in time', { reason: 'timeout' }, 'check the log, the load and the memory of your workers.'],
  ])('%s', (_, change, expected) => {
    expect(stuckMessage('j', { ...stuck, ...change })).toContain(expected);
  });
});
