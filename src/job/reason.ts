import { isCount } from '../cost/prices/count';
import type { BudgetStanding } from '../cost/text';
import { failureMessage, failureSubtype, failureType } from './failure';
import type { AttemptIntent } from './protocol/submission';

/** A step or a call failed. */
export interface Failed {
  code: 'failed';
  /** The failure's type. Unset if a worker died or did not answer in time. */
  type?: string;
  /** What failed more exactly: the API's `error.type`, or a system's error code. */
  subtype?: string;
  /** The failure's public message, in the words of the API, the store, the worker or Temporal. */
  message: string;
}

/** The job may have ended, so nothing was sent for it. */
export type Fenced =
  /** The chunk was closed after its job was last known to be running. */
  | { code: 'chunkClosed' }
  /** Temporal reports that the job has ended. */
  | { code: 'jobEnded' }
  /** Another job may have the same id, and Temporal cannot be asked. */
  | { code: 'jobReplaced' };

/** A budget does not allow a round for now. */
export interface OverBudget extends BudgetStanding {
  code: 'overBudget';
  /**
   * `crowded`: the round will fit if rounds in flight cost less than their worst case. `full`: only a larger
   * budget or a new period helps, or the chunk itself still has a reservation.
   */
  fit: 'crowded' | 'full';
  /** The worst case of the chunk, in USD as a decimal string. */
  worst: string;
}

/** A search for a lost batch cannot go on by itself. */
export type SearchObstacle =
  /** The API key has changed, and the new one may reach another workspace. */
  | { code: 'keyChanged' }
  /** The results that would show whose these batches are cannot be read. `problems`: malformed replies. */
  | { code: 'unreadableBatches'; batches: string[]; problems: string[] }
  /** The list of batches has no order or no end that a search could rely on, as `problem` says. */
  | { code: 'unsearchableList'; problem: string }
  /** The job never presumes a batch lost, and the list shows none. */
  | { code: 'noBatchListed' }
  /** The list shows no batch, and none that is known to be ours, so it proves nothing. */
  | { code: 'unprovedAbsence' }
  /** So many attempts of the round were presumed lost before. */
  | { code: 'presumedLostBefore'; attempts: number };

/** What is known about a batch whose answer was lost: enough to find it in the Anthropic Console. */
export interface LostBatch {
  requests: number;
  /** When its attempt began, by the API's clock: an ISO 8601 time. */
  sentAt: string;
}

/** Returns what is known about an attempt's batch. */
export const lostBatch = ({ count, apiTime }: AttemptIntent): LostBatch => ({
  requests: count,
  sentAt: apiTime,
});

/** A chunk waits for a person. */
export interface HeldChunk extends LostBatch {
  code: 'held';
  chunk: number;
  why: SearchObstacle;
}

/** Why a chunk or its job waits, as data. `reasonText` words it. */
export type WaitReason =
  | Failed
  | Fenced
  | OverBudget
  | SearchObstacle
  | HeldChunk
  /** The account could not pay for so many requests of the last round. */
  | { code: 'unpaid'; requests: number }
  /** The API answered a create with a batch that does not match what was sent. */
  | { code: 'contradictedAnswer'; batch: string }
  /** The answer to a create was lost. `watching`: batches that may be the round's. */
  | { code: 'answerLost'; round: number; watching: string[] }
  /** Replies about batches that may be the round's are malformed. */
  | { code: 'malformedReplies'; batches: string[]; problems: string[] }
  /** The search for batches that were presumed lost failed, as `Failed` says. */
  | (Omit<Failed, 'code'> & { code: 'orphanSearchFailed' })
  /** Batches that were presumed lost still run, or their results cannot be read, as `message` says. */
  | { code: 'orphansOpen'; batches: string[]; message?: string };

/** Returns a step's failure as a reason. */
export function failedReason(error: unknown): Failed {
  return {
    code: 'failed',
    type: failureType(error),
    subtype: failureSubtype(error),
    message: failureMessage(error),
  };
}

/** Returns whether two reasons are the same to the job. The words and numbers that they show may differ. */
export function isSameReason(a: WaitReason | undefined, b: WaitReason | undefined): boolean {
  if (a?.code !== b?.code) return false;
  if (a === undefined || b === undefined) return true;
  return paramsOf(a.code).every(
    ([name, { identifies }]) => !identifies || isEqual(paramOf(a, name), paramOf(b, name)),
  );
}

/** Reads a reason that claims to come from a workflow. Returns `undefined` if it is malformed. */
export function readReason(value: unknown): WaitReason | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { code } = value as WaitReason;
  if (typeof code !== 'string' || !Object.hasOwn(PARAMS, code)) return undefined;
  const reason: Record<string, unknown> = { code };
  for (const [name, { accepts }] of paramsOf(code)) {
    const param = paramOf(value, name);
    if (!accepts(param)) return undefined;
    if (param !== undefined) reason[name] = param;
  }
  return reason as unknown as WaitReason;
}

/** A parameter of a reason: which values it has, and whether another value makes another reason. */
interface Param {
  accepts: (value: unknown) => boolean;
  identifies: boolean;
}

type Code = WaitReason['code'];
type Params = {
  [C in Code]: { [Name in Exclude<keyof Extract<WaitReason, { code: C }>, 'code'>]-?: Param };
};

const isText = (value: unknown) => typeof value === 'string';
const isTextOrUnset = (value: unknown) => value === undefined || isText(value);
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isObstacle = (value: unknown) => Object.hasOwn(OBSTACLES, readReason(value)?.code ?? '');

const identifies = (accepts: Param['accepts']): Param => ({ accepts, identifies: true });
const shown = (accepts: Param['accepts']): Param => ({ accepts, identifies: false });

const FAILED = {
  type: identifies(isTextOrUnset),
  subtype: identifies(isTextOrUnset),
  message: shown(isText),
};

const OBSTACLES: Pick<Params, SearchObstacle['code']> = {
  keyChanged: {},
  unreadableBatches: { batches: identifies(isTexts), problems: shown(isTexts) },
  unsearchableList: { problem: shown(isText) },
  noBatchListed: {},
  unprovedAbsence: {},
  presumedLostBefore: { attempts: shown(isCount) },
};

const PARAMS: Params = {
  ...OBSTACLES,
  failed: FAILED,
  chunkClosed: {},
  jobEnded: {},
  jobReplaced: {},
  overBudget: {
    fit: identifies((value) => value === 'crowded' || value === 'full'),
    budget: identifies(isText),
    maxUsd: shown(isText),
    spent: shown(isText),
    reserved: shown(isText),
    worst: shown(isText),
  },
  held: {
    chunk: identifies(isCount),
    requests: shown(isCount),
    sentAt: identifies(isText),
    why: identifies(isObstacle),
  },
  unpaid: { requests: shown(isCount) },
  contradictedAnswer: { batch: identifies(isText) },
  answerLost: { round: shown(isCount), watching: identifies(isTexts) },
  malformedReplies: { batches: identifies(isTexts), problems: shown(isTexts) },
  orphanSearchFailed: FAILED,
  orphansOpen: { batches: identifies(isTexts), message: shown(isTextOrUnset) },
};

const paramsOf = (code: Code): [name: string, Param][] => Object.entries(PARAMS[code]);
const paramOf = (reason: object, name: string): unknown => (reason as Record<string, unknown>)[name];

/** Compares values of JSON. */
const isEqual = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
