/**
 * `node main.js temporal|time-skipping|versitygw` installs a server if necessary and prints its path.
 * Messages go to stderr.
 */
import { versitygw } from './s3';
import { temporalServer } from './temporal';
import { timeSkippingServer } from './time-skipping';

const servers = { temporal: temporalServer, 'time-skipping': timeSkippingServer, versitygw };

async function main(name: string | undefined): Promise<number> {
  if (!name || !(name in servers)) {
    process.stderr.write(`Usage: main.js ${Object.keys(servers).join('|')}\n`);
    return 2;
  }
  process.stdout.write(`${await servers[name as keyof typeof servers]()}\n`);
  return 0;
}

main(process.argv[2]).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
