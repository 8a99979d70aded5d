// Holds the public surface to its reports in docs/api, one for each entry point. `npm run check` calls it and
// fails if a report is out of date, if an export has no docstring, or if a type of a signature is not
// exported; `node scripts/api.mjs --write` writes the reports.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { bootstrap } from './bootstrap.mjs';
import { main, root, say } from './run.mjs';

const ENTRIES = {
  index: 'src/index',
  client: 'src/client',
  workflows: 'workflows/index',
  simulator: 'src/simulator/index',
};
const FOLDER = 'docs/api';

/** Extracts the report of an entry point. Returns what is wrong with it. */
function extract(name, entry, localBuild) {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, 'dist', `${entry}.d.ts`),
      compiler: { tsconfigFilePath: join(root, 'tsconfig.json') },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(root, FOLDER),
        reportTempFolder: join(root, 'node_modules/.cache/api'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: 'warning', addToApiReportFile: true },
          'ae-forgotten-export': { logLevel: 'error' },
          // All that is exported is public.
          'ae-missing-release-tag': { logLevel: 'none' },
          // The report marks what has no docstring. A list of it has line numbers: every edit would show.
          'ae-undocumented': { logLevel: 'none' },
        },
      },
    },
  });
  const messageCallback = (message) => {
    // One line says what to do, below.
    if (message.messageId.startsWith('console-')) message.logLevel = 'none';
  };
  const { apiReportChanged, errorCount } = Extractor.invoke(config, { localBuild, messageCallback });
  return [
    apiReportChanged && !localBuild && 'it is out of date: node scripts/api.mjs --write',
    errorCount > 0 && `types of its signatures that are not exported: ${errorCount} (see above)`,
  ];
}

/** The number of exports without a docstring, by a report. */
function undocumented(name) {
  const report = readFileSync(join(root, FOLDER, `${name}.api.md`), 'utf8');
  const exported = report.match(/^\/\/ @(public|beta|alpha)\b.*$/gm) ?? [];
  return exported.filter((line) => line.includes('(undocumented)')).length;
}

await main(async () => {
  await bootstrap();
  const writes = process.argv.includes('--write');
  mkdirSync(join(root, FOLDER), { recursive: true });
  let failed = 0;
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const problems = extract(name, entry, writes).filter(Boolean);
    const count = undocumented(name);
    if (count > 0) problems.push(`exports without a docstring: ${count}`);
    say(`${FOLDER}/${name}.api.md: ${problems.join('; ') || 'up to date'}`);
    failed += problems.length;
  }
  return failed > 0 ? 1 : 0;
});
