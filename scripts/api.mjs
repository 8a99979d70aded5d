// Holds the public surface to its reports in docs/api, one for each entry point. `npm run check` calls it and
// fails if a report is out of date or too few exports are documented; `node scripts/api.mjs --write` writes
// the reports.
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

/** The least share of exports with a docstring, in each entry point. */
const DOCUMENTED = 0.92;

/** Extracts the report of an entry point. Returns whether it is the one in the repository. */
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
          // All that is exported is public.
          'ae-missing-release-tag': { logLevel: 'none' },
        },
      },
    },
  });
  const messageCallback = (message) => {
    // One line says what to do, below.
    if (message.messageId.startsWith('console-')) message.logLevel = 'none';
  };
  return !Extractor.invoke(config, { localBuild, messageCallback }).apiReportChanged;
}

/** The share of exports with a docstring, by a report. */
function documented(name) {
  const report = readFileSync(join(root, FOLDER, `${name}.api.md`), 'utf8');
  const exported = report.match(/^\/\/ @(public|beta|alpha)\b.*$/gm) ?? [];
  return exported.filter((line) => !line.includes('(undocumented)')).length / exported.length;
}

await main(async () => {
  await bootstrap();
  const writes = process.argv.includes('--write');
  mkdirSync(join(root, FOLDER), { recursive: true });
  let failed = 0;
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const problems = [];
    if (!extract(name, entry, writes) && !writes)
      problems.push('it is out of date: node scripts/api.mjs --write');
    const share = documented(name);
    if (!(share >= DOCUMENTED))
      problems.push(`only ${Math.floor(share * 100)} % of its exports are documented`);
    say(`${FOLDER}/${name}.api.md: ${problems.join('; ') || `${Math.floor(share * 100)} % documented`}`);
    failed += problems.length;
  }
  return failed > 0 ? 1 : 0;
});
