import type { WaitReason } from '../../src/job/reason';

const failure = { type: 'anthropic.Unavailable', subtype: 'api_error', message: 'The API answered 500.' };

/** A reason of every code. */
export const REASONS: WaitReason[] = [
  { code: 'failed', ...failure },
  { code: 'chunkClosed' },
  { code: 'jobEnded' },
  { code: 'jobReplaced' },
  {
    code: 'overBudget',
    fit: 'full',
    budget: 'job',
    maxUsd: '5.00',
    spent: '4.00',
    reserved: '0.75',
    worst: '0.50',
  },
  { code: 'keyChanged' },
  { code: 'unreadableBatches', batches: ['msgbatch_1', 'msgbatch_2'], problems: [] },
  { code: 'unsearchableList', problem: 'It has no end.' },
  { code: 'noBatchListed' },
  { code: 'unprovedAbsence' },
  { code: 'presumedLostBefore', attempts: 3 },
  {
    code: 'held',
    chunk: 3,
    requests: 250,
    sentAt: '2026-11-22T12:00:59.000Z',
    why: { code: 'presumedLostBefore', attempts: 3 },
  },
  { code: 'unpaid', requests: 2 },
  { code: 'contradictedAnswer', batch: 'msgbatch_1' },
  { code: 'answerLost', round: 1, watching: [] },
  {
    code: 'malformedReplies',
    batches: ['msgbatch_1'],
    problems: ['msgbatch_1: no size.', 'msgbatch_2: no id.'],
  },
  { code: 'orphanSearchFailed', ...failure },
  { code: 'orphansOpen', batches: ['msgbatch_1', 'msgbatch_2'] },
];
