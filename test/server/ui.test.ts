import { expect, test } from 'vitest';
import { findBrowser, openPage } from '../../scripts/photograph-browser';
import { own } from '../support/cleanup';
import { ownServer } from '../support/dev-server';
import { eventually } from '../support/eventually';
import { documents, workingWorld } from '../support/job-world';

const SECRET = 'The text of a document';

const browser = findBrowser();
const why = browser ? '' : ' (skipped: there is no chromium, chromium-browser or google-chrome on PATH)';

test.skipIf(!browser)(`Temporal’s Web UI shows what a running job is doing${why}`, async () => {
  // The first batch ends. The others take longer than the test.
  const server = await ownServer({ uiPort: 0 });
  const world = await workingWorld({ duration: ({ number }) => (number === 0 ? 500 : 3_600_000) }, server);
  const job = await world.start({
    id: 'seen',
    input: { documents: documents(25, (index) => `${SECRET} ${index}`) },
    chunkSize: 10,
    pollCeiling: '1h',
  });
  const progress = await eventually(async () => {
    const { chunks, batches, nextPoll, done } = await job.progress();
    return chunks.done === 1 && batches === 3 && nextPoll !== undefined && { done };
  });
  const { runId } = await world.client.workflow.getHandle(job.id).describe();
  const workflows = `${server.uiUrl}/namespaces/default/workflows`;

  const text = await pageText(
    `${workflows}/seen/${runId}/user-metadata`,
    /msgbatch_.*msgbatch_/s,
    /chunk 0 of seen/,
  );
  const table = words(text.slice(text.indexOf('succeeded')));
  expect(words(text)).toContain(
    'state documents done succeeded failed chunks batches next poll (UTC) running 25',
  );
  expect(table).toContain(`running 25 ${progress.done} ${progress.done} 0 1 of 3 3`);
  expect(table).toMatch(
    / 1 of 3 3 \d\d:\d\d:\d\d Cost: 0\.\d+ USD \(.*\) chunk state requests round batch next poll /,
  );
  const inProgress = (await world.simulator.batches()).filter(
    ({ processing_status }) => processing_status === 'in_progress',
  );
  expect(inProgress).toHaveLength(2);
  for (const { id } of inProgress) {
    expect(table).toMatch(new RegExp(`[012] in progress (10|5) 1 ${id} \\d\\d:\\d\\d:\\d\\d`));
  }
  for (const summary of ['check the spec, the store and the key', 'chunk 0 of seen: 10 requests']) {
    expect(text).toContain(summary);
  }
  expect(text).not.toMatch(/&\w+;|\*\*|`/);
  expect(text).not.toContain(SECRET);

  const [, chunk] = / ([012]) in progress /.exec(table)!;
  const chunkId = encodeURIComponent(`seen/chunk-${chunk}`);
  const { runId: chunkRun } = await world.client.workflow.getHandle(`seen/chunk-${chunk}`).describe();
  const ofChunk = await pageText(
    `${workflows}/${chunkId}/${chunkRun}/user-metadata`,
    /next poll \(UTC\).*msgbatch_/s,
    /next poll of/,
  );
  expect(words(ofChunk)).toMatch(
    new RegExp(
      `chunk state requests round batch next poll \\(UTC\\) ${chunk} in progress (10|5) 1 msgbatch_`,
    ),
  );
  expect(ofChunk).toMatch(/chunk \d: next poll of msgbatch_/);
  expect(ofChunk).not.toContain(SECRET);
  await job.cancel();
  await expect(job.result()).rejects.toThrow(/canceled/);
});

const words = (text: string) => text.replaceAll(/[\s\u00a0]+/g, ' ');

/** The text of a page once it shows all expected parts, which load one after the other. */
async function pageText(url: string, ...shows: RegExp[]): Promise<string> {
  const page = await openPage(browser!, url);
  own(() => page.close());
  return await eventually(
    async () => {
      const text = await page.text();
      const missing = shows.find((each) => !each.test(text));
      if (missing) throw new Error(`${missing} is missing in:\n${text}`);
      return text;
    },
    { timeout: 60_000, interval: 200, what: url },
  );
}
