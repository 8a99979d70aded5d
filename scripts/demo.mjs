// `npm run demo`: makes the clone ready, then runs the command line's own demo.
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { main, root, run } from './run.mjs';

await main(async () => {
  await bootstrap();
  return await run(process.execPath, [join(root, 'dist/src/cli/main.js'), 'demo', ...process.argv.slice(2)]);
});
