import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

const MB = 1024 * 1024;

/** The memory of a worker without any workflow: the SDKs, and steps at work. */
const BASE = 300 * MB;
/** The memory of a cached workflow of this package, with what the SDK's core keeps of it. */
const WORKFLOW = 0.5 * MB;
const LEAST = 100;
const MOST = 10_000;

/** The memory that a process may use, in bytes. */
export interface Memory {
  /** Memory of the machine, or of the container. */
  total: number;
  /** V8's limit for a heap. */
  heap: number;
}

/**
 * Returns the size of a worker's cache of workflows: as many as fit into half of the memory that is left beside the worker itself. It is larger than the
 * SDK's default above all in small containers, because a workflow that falls out of the cache can come to be stuck.
 */
export function cachedWorkflows({ total, heap }: Memory = ownMemory()): number {
  const left = Math.min(heap, total - BASE) / 2;
  return Math.min(MOST, Math.max(LEAST, Math.floor(left / WORKFLOW)));
}

function ownMemory(): Memory {
  // Zero, or more than there is, where no container limits it.
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return { total: Math.min(totalmem(), limit), heap: getHeapStatistics().heap_size_limit };
}
