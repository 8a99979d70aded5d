// What each folder may import. `npm run check` enforces it.

const BASE = ['src/async', 'src/lines', 'src/scratch'];

/** What the folders of activities may import, beside other folders of activities. */
const ACTIVITY = [
  'src/anthropic',
  'src/input',
  'src/records',
  'src/store',
  'src/job-spec',
  'src/job',
  'src/cost',
  ...BASE,
];

/**
 * The project's folders that a folder may import, beside itself. The order is the direction of imports: a
 * folder imports only folders above it.
 */
const FOLDERS = {
  'src/errors': [],
  'src/cost': ['src/errors'],
  'src/job': ['src/cost'],
  'src/async': [],
  'src/lines': [],
  'src/scratch': ['src/lines'],
  'src/store': ['src/errors'],
  'src/job-spec': ['src/job', 'src/cost', 'src/errors'],
  'src/records': ['src/store', 'src/job-spec', 'src/job', 'src/cost', 'src/lines'],
  'src/input': ['src/records', 'src/store', 'src/job-spec', 'src/job', 'src/lines'],
  'src/webhook': ['src/job-spec', 'src/job'],
  'src/anthropic': ['src/job', 'src/cost', 'src/async', 'src/lines'],
  'src/temporal': ['src/job', 'src/async'],
  'src/client': [
    'src/errors',
    'src/temporal',
    'src/anthropic',
    'src/input',
    'src/records',
    'src/store',
    'src/job-spec',
    'src/job',
    'src/cost',
    'src/async',
    'src/lines',
    'src/scratch',
  ],
  'activities/runtime': [
    'src/webhook',
    'src/anthropic',
    'src/records',
    'src/store',
    'src/job-spec',
    'src/job',
    ...BASE,
  ],
  'activities/budget': ['activities/runtime', ...ACTIVITY],
  'activities/dedupe': ['activities/runtime', ...ACTIVITY],
  'activities/orphans': ['activities/runtime', ...ACTIVITY],
  'activities/submission': ['activities/orphans', 'activities/budget', 'activities/runtime', ...ACTIVITY],
  'activities/live': ['activities/submission', 'activities/runtime', ...ACTIVITY],
  'activities/batch': ['activities/submission', 'activities/orphans', 'activities/runtime', ...ACTIVITY],
  'activities/results': [
    'activities/orphans',
    'activities/dedupe',
    'activities/budget',
    'activities/runtime',
    ...ACTIVITY,
  ],
  'activities/planning': ['activities/results', 'activities/budget', 'activities/runtime', ...ACTIVITY],
  'activities/webhook': ['activities/runtime', 'src/webhook', 'src/job'],
  'workflows/common': ['src/job', 'src/cost'],
  'workflows/chunk': ['workflows/common', 'src/job', 'src/cost'],
  'workflows/pool': ['workflows/common', 'src/job', 'src/cost'],
  'workflows/job': ['workflows/pool', 'workflows/common', 'src/job', 'src/cost'],
  'workflows/child': ['workflows/common', 'src/job', 'src/cost'],
  'workflows/admin': ['workflows/pool', 'workflows/common', 'src/job', 'src/cost'],
  'src/worker': ['src/temporal', 'src/anthropic', 'src/records', 'src/store', 'src/job', 'src/async'],
  'src/servers': [],
  'src/simulator': [],
};

/** Imports of types that are allowed besides: they load nothing. */
const TYPES = {
  'workflows/common': ['activities'],
  'workflows/pool': ['workflows/chunk'],
  'workflows/child': ['workflows/job', 'src/job-spec'],
};

const OURS = '^(src|activities|workflows|scripts|examples|test|bench)/';

const forbid = (rule) => ({ severity: 'error', ...rule });

const folderRules = Object.entries(FOLDERS).flatMap(([folder, allowed]) => {
  const comment = `${folder} imports only: ${allowed.join(', ') || 'nothing of this project'}.`;
  const rule = (name, to) => forbid({ name, comment, from: { path: `^${folder}/` }, to });
  const within = (folders) => `^(${folders.join('|')})/`;
  const types = TYPES[folder];
  const named = `folders/${folder.replace('/', '-')}`;
  if (!types) return [rule(named, { path: OURS, pathNot: within([folder, ...allowed]) })];
  const notTypes = { dependencyTypesNot: ['type-only'] };
  return [
    rule(named, { path: OURS, pathNot: within([folder, ...allowed, ...types]) }),
    rule(`${named}-types`, { path: within(types), ...notTypes }),
  ];
});

const packages = (names) => `^(node_modules/)?(${names})(/|$)`;

module.exports = {
  forbidden: [
    ...folderRules,
    forbid({
      name: 'sandbox',
      comment: 'Workflows run in the sandbox: of packages they import only @temporalio/workflow and /common.',
      from: { path: '^workflows/' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-peer', 'npm-optional', 'npm-no-pkg', 'unknown', 'core'],
        pathNot: packages('@temporalio/(workflow|common)'),
      },
    }),
    forbid({
      name: 'pure',
      comment: 'src/job and src/cost are pure and run in workflows too: they import no package.',
      from: { path: '^src/(job|cost)/' },
      to: { pathNot: '^src/' },
    }),
    forbid({
      name: 'anthropic-sdk',
      comment: 'Only src/anthropic loads the Anthropic SDK. Others may import its types.',
      from: { path: '^(src|activities)/', pathNot: '^src/anthropic/' },
      to: { path: packages('@anthropic-ai/sdk'), dependencyTypesNot: ['type-only'] },
    }),
    forbid({
      name: 'temporal-worker',
      comment: 'Only the plugin, the command line and activities load what a worker needs.',
      from: { path: '^src/', pathNot: '^src/(plugin\\.ts$|cli/|servers/)' },
      to: { path: packages('@temporalio/(worker|activity|testing|workflow)') },
    }),
    forbid({
      name: 'client-loads-no-worker',
      comment:
        'Applications import the client: nothing that it reaches loads the worker, activities or workflows.',
      from: { path: '^src/client\\.ts$' },
      to: {
        path: `^(activities/|workflows/|src/(cli/|plugin))|${packages('@temporalio/(worker|activity|testing)')}`,
        reachable: true,
      },
    }),
    forbid({
      name: 'activities',
      comment: 'Activities load neither the worker nor workflows.',
      from: { path: '^activities/' },
      to: {
        path: `^(workflows/|src/(cli/|client|plugin))|${packages('@temporalio/(worker|workflow|testing|client)')}`,
      },
    }),
    forbid({
      name: 'command-line-on-top',
      comment: 'Only the command line imports the command line.',
      from: { path: '^(src|activities|workflows)/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    }),
    forbid({
      name: 'scripts-and-tests',
      comment: 'The package imports neither scripts nor tests.',
      from: { path: '^(src|activities|workflows|examples)/' },
      to: { path: '^(scripts|test|bench)/' },
    }),
    forbid({
      name: 'a-folder-for-each-file',
      comment: 'A new folder needs its row in FOLDERS.',
      from: {
        path: '^(src|activities|workflows)/[^/]+/',
        pathNot: `^(src/cli|${Object.keys(FOLDERS).join('|')})/`,
      },
      to: {},
    }),
    forbid({
      name: 'no-folder-cycles',
      comment: 'Folders import one way.',
      scope: 'folder',
      from: {},
      to: { circular: true },
    }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};
