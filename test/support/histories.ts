import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { temporal } from '@temporalio/proto';
import { root } from './root';

const { History } = temporal.api.history.v1;

/** The history of one run of a workflow. */
export interface RecordedHistory {
  workflowId: string;
  history: temporal.api.history.v1.History;
}

const folder = join(root, 'test', 'replay', 'histories');

/** The versions whose histories `scripts/record-histories.mjs` has recorded. */
export const recordedVersions = (): string[] => readdirSync(folder);

const END = '.json.gz';

/** The scenarios of a version. */
export const recordedScenarios = (version: string): string[] =>
  readdirSync(join(folder, version)).map((file) => file.slice(0, -END.length));

/** Returns a scenario's file as JSON: a list of histories, each with its workflow's id. */
export const recordedText = (version: string, scenario: string): string =>
  gunzipSync(readFileSync(join(folder, version, scenario + END))).toString('utf8');

/** Returns a scenario's histories. */
export function recordedHistories(version: string, scenario: string): RecordedHistory[] {
  const recorded = JSON.parse(recordedText(version, scenario)) as { workflowId: string; events: object[] }[];
  return recorded.map(({ workflowId, events }) => ({ workflowId, history: History.fromObject({ events }) }));
}
