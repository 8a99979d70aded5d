import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--hide-scrollbars',
  '--remote-debugging-pipe',
];

/** Returns the path of a Chromium or Chrome on PATH, or `undefined`. */
export function findBrowser(path = process.env.PATH ?? ''): string | undefined {
  const folders = path.split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

const TEXT = `[document, ...[...document.querySelectorAll('iframe')].map((frame) => frame.contentDocument)]
  .map((each) => each?.body?.innerText ?? '').join('\\n')`;

export interface Page {
  /** Returns the visible text, with that of frames at its end. */
  text(): Promise<string>;
  /** Evaluates JavaScript in the page and returns its value. */
  evaluate(expression: string): Promise<unknown>;
  /** Returns a PNG of the window's contents. */
  photograph(): Promise<Buffer>;
  /** Ends the browser. */
  close(): Promise<void>;
}

/**
 * Opens a page in a new browser, without waiting until it is loaded. Chromium's `--dump-dom` and
 * `--screenshot` wait for a silent network, but Temporal's page always has an open request.
 */
export async function openPage(
  browser: string,
  url: string,
  { width = 1400, height = 900 } = {},
): Promise<Page> {
  const profile = await mkdtemp(join(tmpdir(), 'photograph-'));
  const child = spawn(browser, [...FLAGS, `--user-data-dir=${profile}`, `--window-size=${width},${height}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const close = async () => {
    process.off('exit', end);
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      end();
      await ended;
    }
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const send = devTools(child);
    const { targetId } = await send('Target.createTarget', { url });
    const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
    const evaluate = async (expression: string) =>
      (await send('Runtime.evaluate', { expression, returnByValue: true }, sessionId)).result.value;
    return {
      evaluate,
      text: async () => String(await evaluate(TEXT)),
      photograph: async () => {
        const { data } = await send('Page.captureScreenshot', { format: 'png' }, sessionId);
        return Buffer.from(data, 'base64');
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the caller knows the answer's type of each command.
type Answer = any;

/** Commands of the DevTools protocol over the browser's pipe: JSON, each message ended by a NUL. */
function devTools(child: ChildProcess) {
  const [, , , commands, answers] = child.stdio as unknown as [null, null, null, Writable, Readable];
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let last = 0;
  let rest = '';
  const fail = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  child.once('error', fail);
  child.once('close', () => fail(new Error('The browser ended.')));
  commands.on('error', fail);
  answers.setEncoding('utf8').on('data', (piece: string) => {
    const messages = (rest + piece).split('\0');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const { id, result, error } = JSON.parse(message);
      const call = waiting.get(id);
      waiting.delete(id);
      if (error) call?.reject(new Error(error.message));
      else call?.resolve(result);
    }
  });
  return (method: string, params: object, sessionId?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      commands.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
    });
}
