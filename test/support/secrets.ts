import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';

/** Returns a secret in all forms in which gateways and proxies quote it. */
export function quotesOf(secret: string): string {
  return [secret, inJson(secret), encodeURIComponent(secret), inBase64(secret)].join(' | ');
}

/**
 * Returns the parts of the quotes that must show nowhere. For Base64 this is the last third, which contains
 * nothing of the user.
 */
export function formsOf(secret: string): string[] {
  return [secret, inJson(secret), encodeURIComponent(secret), inBase64(secret).slice(12, -4)];
}

const inJson = (secret: string) => JSON.stringify({ secret }).slice(11, -2);
const inBase64 = (secret: string) => Buffer.from(`user:${secret}`).toString('base64');

export const found = (text: string, forms: string[]) => forms.filter((form) => text.includes(form));

/**
 * Returns every text in a value, at any depth: also in bytes, as in payloads, and in what an error does not
 * show.
 */
export function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return Reflect.ownKeys(value).flatMap((key) => [
    String(key),
    ...textsIn((value as Record<PropertyKey, unknown>)[key], seen),
  ]);
}

/** Returns everything that Temporal stores: histories, memos, search attributes, and what the UI shows. */
export async function toldToTemporal(client: Client): Promise<string> {
  const texts: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const workflow = client.workflow.getHandle(workflowId, runId);
    texts.push(...textsIn(await workflow.fetchHistory()));
    texts.push(...textsIn(await workflow.describe()));
    texts.push(...textsIn(await workflow.query('__temporal_workflow_metadata')));
  }
  return texts.join('\n');
}

/** Returns all names and texts of the files below a folder. */
export async function filesBelow(path: string): Promise<string> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map((file) => readFile(join(file.parentPath, file.name), 'utf8'));
  return [...entries.map(({ name }) => name), ...(await Promise.all(texts))].join('\n');
}
