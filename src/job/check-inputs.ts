import { isCount } from '../cost/prices/count';

/**
 * Returns what is wrong with a value, as a sentence, or `undefined`. Anyone with access to the namespace can
 * start a workflow with any input, and an unexpected error would fail its workflow task forever.
 */
type Check = (value: unknown, path: string) => string | undefined;

const text: Check = (value, path) => (typeof value === 'string' ? undefined : `${path} must be a string`);
const flag: Check = (value, path) => (typeof value === 'boolean' ? undefined : `${path} must be a boolean`);
const count: Check = (value, path) => (isCount(value) ? undefined : `${path} must be a whole number`);
const amount: Check = (value, path) =>
  typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY
    ? undefined
    : `${path} must be a number of at least 0`;

const optional =
  (check: Check): Check =>
  (value, path) =>
    value === undefined || value === null ? undefined : check(value, path);

const list =
  (item: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return `${path} must be a list`;
    for (const [index, each] of value.entries()) {
      const wrong = item(each, `${path}[${index}]`);
      if (wrong) return wrong;
    }
    return undefined;
  };

const object =
  (fields: Record<string, Check>): Check =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `${path} must be an object`;
    for (const [name, check] of Object.entries(fields)) {
      const wrong = check((value as Record<string, unknown>)[name], `${path}.${name}`);
      if (wrong) return wrong;
    }
    return undefined;
  };

const jobRef = object({ id: text, instance: text, store: text });
const plan = object({
  documents: count,
  requests: count,
  adopted: optional(object({ batch: text, ended: flag })),
});
const settings = object({
  maxBatchesInFlight: count,
  maxRequestsInFlight: count,
  pollFloor: amount,
  pollCeiling: amount,
  maxRounds: count,
});
const times = object({
  heartbeat: amount,
  gate: amount,
  margin: amount,
  stall: amount,
  existence: amount,
  lag: amount,
  drain: amount,
  grace: optional(amount),
});

const onComplete = optional(
  object({
    workflow: optional(text),
    taskQueue: optional(text),
    args: optional(list(() => undefined)),
    webhook: optional(text),
  }),
);

const INPUTS = {
  anthropicDocumentSet: object({
    job: optional(jobRef),
    firing: optional(object({ schedule: text, spec: text, store: text })),
    child: optional(
      object({
        instance: text,
        documents: object({ store: text, key: text, sha256: text }),
        spec: optional(object({})),
        specRef: optional(object({ store: text, key: text })),
      }),
    ),
    waitForWorker: amount,
    onComplete,
    searchAttributes: flag,
  }),
  anthropicMessageBatch: object({ job: jobRef, chunk: count, plan, settings, times, searchAttributes: flag }),
  anthropicSegment: object({
    job: jobRef,
    segment: count,
    first: count,
    plans: list(plan),
    slots: object({ batches: count, requests: count }),
    settings,
    times,
    searchAttributes: flag,
  }),
  anthropicReconcileJob: object({ job: jobRef, cancel: flag, onComplete }),
  anthropicDeleteJob: jobRef,
  anthropicCallWebhook: object({ job: jobRef, webhook: text, summary: object({}) }),
} satisfies Record<string, Check>;

/** Returns what is wrong with a workflow's input, or `undefined` if the input has the expected shape. */
export function wrongInput(workflowType: keyof typeof INPUTS, input: unknown): string | undefined {
  return INPUTS[workflowType](input, 'input');
}
