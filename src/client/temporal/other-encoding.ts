import { DOCUMENT_SET } from '../../job/names';
import { undecodable } from '../../temporal/memos';
import { queryText } from '../../temporal/query-text';
import type { Context } from '../context';
import { quoted } from '../errors';

/** The number of jobs whose memos are read, the newest ones. */
const NEWEST = 10;
const CALL_TIMEOUT = 5_000;

/**
 * Returns a message if this client cannot decode one of the newest jobs of its task queue. What it starts is
 * then encoded in another way, and perhaps not encrypted.
 *
 * @param what what the client has started
 * @returns `undefined` if the client can decode them, or if the server does not answer
 */
export async function otherEncoding(
  { client, taskQueue }: Context,
  what: string,
): Promise<string | undefined> {
  const query = `WorkflowType = ${queryText(DOCUMENT_SET)} AND TaskQueue = ${queryText(taskQueue)}`;
  const find = async () => {
    let read = 0;
    for await (const execution of client.workflow.list({ query, pageSize: NEWEST })) {
      const reason = undecodable(execution);
      if (reason !== undefined) return differs(what, execution.workflowId, reason);
      if (++read === NEWEST) break;
    }
    return undefined;
  };
  try {
    return await client.connection.withDeadline(Date.now() + CALL_TIMEOUT, find);
  } catch {
    // What was started runs. Not every server and key may list workflows.
    return undefined;
  }
}

const differs = (what: string, other: string, reason: string) =>
  `The payloads of ${what} may not be encrypted: the job ${quoted(other)} in the same task queue has payloads ` +
  `that cannot be decoded (${reason}). None holds a document or an answer. Give the data converter of the ` +
  'workers: --data-converter MODULE, or `dataConverter` of the Temporal client.';
