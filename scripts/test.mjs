// `npm test` prepares the clone, installs the servers, runs every test, and ends with the count alone on a
// line. Arguments are passed to vitest: `npm test -- --project unit`, `npm test -- test/server/cli.test.ts`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { main, must, root, run, say } from './run.mjs';

/** Files whose times are shown at the end. */
const SLOWEST = 15;

await main(async () => {
  await bootstrap();
  for (const server of ['temporal', 'time-skipping', 'versitygw']) {
    await must(`Getting the server "${server}"`, process.execPath, ['dist/src/servers/main.js', server], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  const folder = mkdtempSync(join(tmpdir(), 'temporal-anthropic-batch-'));
  try {
    const report = join(folder, 'report.json');
    const code = await run(process.execPath, [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ]);
    return conclude(code, readReport(report));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Prints the slowest files. */
function sayTimes(files) {
  const times = files.map(({ name, startTime, endTime }) => ({ name, ms: endTime - startTime }));
  say(`\nThe ${SLOWEST} slowest files:`);
  for (const { name, ms } of times.sort((a, b) => b.ms - a.ms).slice(0, SLOWEST)) {
    say(`${(ms / 1_000).toFixed(1).padStart(7)} s  ${relative(root, name)}`);
  }
}

function conclude(code, report) {
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  if (report?.testResults.length > SLOWEST) sayTimes(report.testResults);
  // A file that could not be loaded has no tests, but counts as a failure.
  const broken = report?.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  let failed = (report?.numFailedTests ?? 0) + (broken?.length ?? 0);
  if (!report) say('The test runner ended without a report.');
  else if (passed + failed === 0) say('No test ran.');
  // An error outside of tests, such as an unhandled rejection, is not in the report's numbers.
  if (code !== 0 && failed === 0 && (passed > 0 || !report)) failed = 1;
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return code === 0 && failed === 0 && passed > 0 ? 0 : code || 1;
}
