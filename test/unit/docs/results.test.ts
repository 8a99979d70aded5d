import { describe, expect, it } from 'vitest';
import { keys } from '../../../src/records/keys';
import { codeBlocks } from '../../support/readme';
import { readMarkdown, section } from './markdown';

const job = { id: 'job', instance: 'instance' };
const attempt = (entry: string) => keys.attempt(job, 0, 0, 0, entry);
const round = { job, chunk: 0, round: 0 };

/** A key of each kind of file, by the names of `keys`. Where it has no number, the page has a placeholder. */
const FILES: Partial<Record<keyof typeof keys, string[]>> = {
  store: [keys.store],
  probe: [keys.probe('name')],
  storedDocuments: [keys.storedDocuments('name')],
  storedSpec: [keys.storedSpec('name')],
  spec: [keys.spec(job)],
  input: ['jsonl', 'json', 'csv', 'rows'].map((format) => keys.input(job, format)),
  plan: [keys.plan(job, 0)],
  recovered: [keys.recovered(job)],
  adopted: [keys.adopted(job)],
  summary: [keys.summary(job)],
  quote: [keys.quote(job)],
  requestOfJob: [keys.requestOfJob(job, 0)],
  replaced: [keys.replaced(job)],
  deletion: [keys.deletion(job, 'name'), keys.deletion(job, 'name', true)],
  successor: [keys.successor(job)],
  retry: [keys.retry(job, 0)],
  chunkPlan: [keys.chunkPlan(job, 0)],
  documents: [keys.documents(job, 0)],
  requests: [keys.requests(job, 0)],
  digests: [keys.digests(job, 0)],
  equal: [keys.equal(job, 0, 0)],
  reused: [keys.reused(job, 0, 0)],
  equalRequests: [keys.equalRequests(job)],
  chunkQuote: [keys.chunkQuote(job, 0)],
  chunkBook: [keys.chunkBook(job, 0, 'budget')],
  chunkSummary: [keys.chunkSummary(job, 0)],
  closed: [keys.closed(job, 0, 0)],
  selection: [keys.selection(job, 0, 0), keys.selection(job, 0, 1)],
  lost: [keys.lost(job, 0, 0)],
  writeOff: [keys.writeOff(job, 0, 0)],
  call: [keys.call(job, 0, 0, 0)],
  answer: [keys.answer(job, 0, 0, 0)],
  download: [keys.download(round, 0)],
  downloadNotes: [keys.downloadNotes(round)],
  judged: [keys.judged(round)],
  unusable: [keys.unusable(round)],
  attempt: ['intent', 'decision', 'outcome', 'corrected'].map(attempt),
  shown: [keys.shown(job, 0, 0, 0, 'batch')],
  orphan: [keys.orphan(job, 'batch')],
  problem: [keys.problem(job, undefined, 'name'), keys.problem(job, 0, 'name')],
  results: [keys.results(job, 0)],
  batch: [keys.batch('batch')],
  budget: [keys.budget],
  page: [keys.page(keys.jobBook(job), 0), keys.page(keys.periodBook('period'), 0)],
  scheduleInput: [keys.scheduleInput('schedule', 'path')],
  schedule: [keys.schedule('schedule', 'version')],
};

/** Prefixes, and other ways to a file above. */
const OTHERS = [
  'instances',
  'instancesIn',
  'specIn',
  'job',
  'jobs',
  'probeFolder',
  'batches',
  'downloads',
].concat(
  [
    'requestsOfJob',
    'jobBook',
    'periodBook',
    'deletions',
    'retries',
    'chunks',
    'allEqual',
    'allReused',
    'chunkBooks',
  ],
  ['allClosed', 'rounds', 'answers', 'attempts', 'orphans', 'problems', 'allResults'],
);

const withoutNumbers = (path: string) => path.replace(/\d+/g, '0');

/** The paths of the page's tree. A line is a folder or files, or continues what the line above says. */
function documented(): string[] {
  const tree = codeBlocks(section(readMarkdown('docs/results.md'), 'The store'))[0]!.code;
  const folders: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', names = ''] = /^( {0,20})(\S.*?)(?: {2,}|$)/.exec(line) ?? [];
    const depth = indent.length / 2;
    const above = folders.slice(0, depth).join('');
    if (names.endsWith('/')) folders[depth] = names;
    return names === '' || /[/…]$/.test(names) ? [] : names.split(' | ').map((name) => above + name);
  });
}

describe('docs/results.md', () => {
  it('has each file of the store, and no other', () => {
    const paths = documented().map((path) => withoutNumbers(path.replace(/[<>]/g, '')));
    expect(paths.sort()).toEqual([...new Set(Object.values(FILES).flat().map(withoutNumbers))].sort());
  });

  it('is compared with every key', () => {
    expect([...Object.keys(FILES), ...OTHERS].sort()).toEqual(Object.keys(keys).sort());
  });
});
