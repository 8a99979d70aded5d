// What the other scripts share. Only Node's own modules: this runs before anything is installed.
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Says something to the person at the terminal; data never goes this way. */
export const say = (message) => process.stderr.write(`${message}\n`);

/** Runs a command in the project's folder, its output on ours, and gives its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'inherit',
      shell: process.platform === 'win32' && command === 'npm',
      ...options,
    });
    // Ctrl-C reaches the child too; its end decides when and how this process ends.
    const wait = () => {};
    const pass = () => child.kill('SIGTERM');
    process.on('SIGINT', wait);
    process.on('SIGTERM', pass);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', pass);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

export class StepFailed extends Error {}

export async function must(what, command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) throw new StepFailed(`${what} failed (exit code ${code}).`);
}

/** Runs a script's main function; a failed step ends it with one line and exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    say(error instanceof StepFailed ? error.message : (error?.stack ?? String(error)));
    process.exitCode = 1;
  }
}
