import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

const MB = 1024 * 1024;

/** The memory of a worker without workflows: the SDKs, and running activities. */
const BASE = 300 * MB;
/** The memory of one cached workflow of this package, including the SDK core's share. */
const WORKFLOW = 0.5 * MB;
const LEAST = 100;
const MOST = 10_000;

/** The memory available to a process, in bytes. */
export interface Memory {
  /** The memory of the machine or the container. */
  total: number;
  /** V8's heap limit. */
  heap: number;
}

/**
 * Returns the size of a worker's workflow cache: as many workflows as fit into half of the memory that the
 * worker itself leaves free. It exceeds the SDK's default mainly in small containers, because a workflow that
 * is evicted from the cache can become stuck.
 */
export function cachedWorkflows({ total, heap }: Memory = ownMemory()): number {
  const left = Math.min(heap, total - BASE) / 2;
  return Math.min(MOST, Math.max(LEAST, Math.floor(left / WORKFLOW)));
}

function ownMemory(): Memory {
  // Without a container limit, this is zero or more than the machine has.
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return { total: Math.min(totalmem(), limit), heap: getHeapStatistics().heap_size_limit };
}
