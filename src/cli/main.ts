#!/usr/bin/env node
import { endQuietlyOnClosedPipe } from './output/print';
import { run } from './program';

endQuietlyOnClosedPipe();

void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
