import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { program } from '../../../src/cli/program';
import { OPTION_RULES } from '../../../src/job-spec/options';
import { codeOf, headings, readMarkdown, rows, section } from './markdown';

const markdown = readMarkdown('docs/command-line.md');
const SHARED = 'Shared flags';
const SETTINGS = 'Settings of a job';

/** All commands, by the words that call them. */
function leaves(command: Command, path: string[] = []): Map<string, Command> {
  const found = new Map<string, Command>();
  for (const sub of command.commands) {
    const here = [...path, sub.name()];
    if (sub.commands.length === 0) found.set(here.join(' '), sub);
    else for (const entry of leaves(sub, here)) found.set(...entry);
  }
  return found;
}

const commands = leaves(program());

/** The commands that take no shared flags, as the section says above its table. */
const withoutShared = [
  ...section(markdown, SHARED)
    .split('|', 1)[0]!
    .matchAll(/`([^`]+)`/g),
].map(([, name]) => name);

/** Flags with their defaults, from a section's tables. */
const flagsOf = (text: string) =>
  new Map(
    rows(text)
      .filter(([flag]) => codeOf(flag)?.startsWith('--'))
      .map(([flag, value]) => [codeOf(flag)!, codeOf(value)]),
  );

function documented(command: string): Map<string, string | undefined> {
  const text = section(markdown, `\`${command}\``);
  return new Map([
    ...flagsOf(text),
    ...(withoutShared.includes(command) ? [] : flagsOf(section(markdown, SHARED))),
    ...(text.includes('(#settings-of-a-job)') ? flagsOf(section(markdown, SETTINGS)) : []),
  ]);
}

describe('docs/command-line.md', () => {
  it('has each command of the program, and no other', () => {
    const told = headings(section(markdown, 'Commands')).map(({ text }) => codeOf(text));
    expect(told.sort()).toEqual([...commands.keys()].sort());
  });

  it.each([...commands])('has each flag of %s, and no other', (name, command) => {
    const own = command.options.map(({ flags }) => flags);
    expect([...documented(name).keys()].sort()).toEqual(own.sort());
  });

  it.each([...commands])('has the defaults of %s', (name, command) => {
    const told = documented(name);
    for (const { flags, defaultValue } of command.options) {
      if (defaultValue === undefined) continue;
      expect([flags, told.get(flags)]).toEqual([flags, String(defaultValue)]);
    }
  });

  it('has the same defaults of a job’s settings as docs/job-spec.md', () => {
    const options = new Map(
      rows(section(readMarkdown('docs/job-spec.md'), 'Options')).map(([name, value]) => [
        codeOf(name),
        value,
      ]),
    );
    for (const [flag, value] of flagsOf(section(markdown, SETTINGS))) {
      const option = /^--(?:no-)?([a-z-]+)/
        .exec(flag)![1]!
        .replace(/-(.)/g, (_, letter) => letter.toUpperCase());
      // The flag holds one of several values or a part of one, or names a file with the option's value.
      if (['beta', 'allowUnknownParam', 'tag', 'prices'].includes(option)) continue;
      if (/^onComplete/.test(option)) continue;
      expect(Object.keys(OPTION_RULES)).toContain(option);
      expect([option, value]).toEqual([option, codeOf(options.get(option))]);
    }
  });
});
