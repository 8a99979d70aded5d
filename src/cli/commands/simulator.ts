import { Command } from 'commander';
import { duration } from '../../job-spec/duration';
import { UsageError } from '../exit';
import { collected, numeric } from '../options';
import { say } from '../output/print';
import { untilSignal } from '../signals';

interface SimulatorFlags {
  port: number | string;
  dir: string;
  duration: string;
  allowKey?: string[];
}

export function simulator(): Command {
  return new Command('simulator')
    .description('run a simulated Message Batches API on loopback, for experiments and tests')
    .option('--port <n>', 'the port; 0 uses a free one', numeric, 0)
    .option('--dir <folder>', 'the folder for its state', '.anthropic-batch-simulator')
    .option('--duration <duration>', 'time from the creation of a batch until it ends', '2s')
    .option('--allow-key <key>', 'accept only this API key; may be given several times', collected)
    .action(async (flags: SimulatorFlags) => {
      if (!Number.isInteger(flags.port) || !(0 <= Number(flags.port) && Number(flags.port) <= 65_535)) {
        throw new UsageError(`\`--port\` must be an integer from 0 to 65535 (got ${flags.port}).`);
      }
      const time = duration(flags.duration, 'duration');
      const { startSimulator } = await import('../../simulator/index.js');
      const running = await startSimulator({
        dir: flags.dir,
        port: Number(flags.port),
        duration: time,
        apiKeys: flags.allowKey,
      });
      say(`Simulator ready at ${running.url}`);
      await untilSignal().signal;
      await running.close();
    });
}
