import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { program } from '../../../src/cli/program';
import { codeBlocks } from '../../support/readme';
import { markdownFiles, readMarkdown } from './markdown';

/** Each call of the program in a file's shell code, as its words, without quotes. */
function calls(file: string): string[][] {
  return codeBlocks(readMarkdown(file))
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.replaceAll('\\\n', ' ').split(/[\n;|)]/))
    .map((line) => /(?:^|\s|\()(?:npx )?anthropic-batch (.*)/.exec(line.replace(/\s#.*/, ''))?.[1])
    .filter((call) => call !== undefined)
    .map((call) => call.match(/'[^']*'|"[^"]*"|\S+/g) ?? []);
}

/** The command that a call names, and the rest of its words. */
function commandOf([word, ...rest]: string[], of: Command = program()): [Command, string[]] {
  const found = of.commands.find((command) => command.name() === word);
  if (found === undefined) return [of, word === undefined ? [] : [word, ...rest]];
  return commandOf(rest, found);
}

const all = markdownFiles().flatMap((file) => calls(file).map((call) => ({ file, call: call.join(' ') })));

describe('shell code in the documents', () => {
  it('calls the program', () => expect(all.length).toBeGreaterThan(30));

  it.each(all)('$file: $call has a command and its flags', ({ call }) => {
    const [command, words] = commandOf(call.split(' '));
    expect(command.commands, 'a whole command').toEqual([]);
    const flags = words.filter((word) => word.startsWith('--'));
    const known = command.options.map(({ long }) => long);
    expect(known).toEqual(expect.arrayContaining(flags));
  });
});
