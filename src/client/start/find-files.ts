import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import type { InputSourceFile } from '../../input/input-file';
import { openStore } from '../../store/location';
import { InputSourceError, quoted } from '../errors';
import { fileSource } from './file-source';

/** A file that an input names. */
export interface FoundFile extends InputSourceFile {
  name: string;
  /** Its path, if it is on local disk. */
  path?: string;
}

/** The files that an input names. */
export interface FoundFiles {
  /** Sorted by name, each once. */
  files: FoundFile[];
  /** Whether the input is one file by its name, not a folder or pattern that has one file now. */
  isOne: boolean;
}

/**
 * Finds the files that paths, folders, patterns and locations in S3 name. Holds only their names in memory. A
 * file whose name has characters of a pattern is found by its exact name.
 *
 * @throws {InputSourceError} if one of them names no file
 */
export async function findFiles(given: string | readonly string[]): Promise<FoundFiles> {
  const names = [given].flat();
  if (names.length === 0) throw new InputSourceError('`file` names no file (got []). Nothing was started.');
  const found = new Map<string, FoundFile>();
  let isOne = names.length === 1;
  for (const name of names) {
    const { files, isOne: isFile } = await findIn(name);
    if (files.length === 0)
      throw new InputSourceError(`There is no file in ${quoted(name)}. Nothing was started.`);
    for (const file of files) found.set(file.name, file);
    isOne &&= isFile;
  }
  const files = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  await assertDistinct(files);
  return { files, isOne };
}

/** @throws {InputSourceError} if two names are the same file: its documents would be paid for twice. */
async function assertDistinct(files: readonly FoundFile[]): Promise<void> {
  const names = new Map<string, string>();
  for (const { name, path } of files) {
    // If it cannot be resolved, opening it says why.
    const real = path === undefined ? name : await realpath(path).catch(() => path);
    const other = names.get(real);
    if (other !== undefined) {
      throw new InputSourceError(
        `${quoted(other)} and ${quoted(name)} are the same file. Name it once. Nothing was started.`,
      );
    }
    names.set(real, name);
  }
}

async function findIn(name: string): Promise<FoundFiles> {
  if (/^s3:\/\//i.test(name)) return findInS3(name);
  // If it cannot be examined, opening it says why.
  const stats = await stat(name).catch(() => undefined);
  if (stats?.isDirectory()) return findBelow('**', name);
  if (!stats && isDynamicPattern(name)) return findBelow(name);
  return { files: [localFile(name)], isOne: true };
}

/** Finds files by a pattern. Names that begin with a dot are left out. */
async function findBelow(pattern: string, folder = '.'): Promise<FoundFiles> {
  const absolute = isAbsolute(pattern);
  const paths = await glob(pattern, {
    cwd: folder,
    absolute,
    expandDirectories: false,
    // A link to a folder above would never end.
    followSymbolicLinks: false,
  });
  return { files: paths.map((path) => localFile(absolute ? path : join(folder, path))), isOne: false };
}

function localFile(path: string): FoundFile {
  return { name: normalize(path), path, source: fileSource(path), key: path };
}

async function findInS3(url: string): Promise<FoundFiles> {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(url) ?? [];
  if (isDynamicPattern(key)) {
    throw new InputSourceError(
      `An input in S3 cannot be a pattern (got ${quoted(url)}). Give one object, or a prefix that ends in "/". ` +
        'Nothing was started.',
    );
  }
  const store = await openStore(`s3://${bucket}`);
  const file = (key: string): FoundFile => ({
    name: `s3://${bucket}/${key}`,
    source: store,
    key,
  });
  if (key !== '' && !key.endsWith('/')) return { files: [file(key)], isOne: true };
  const files: FoundFile[] = [];
  for await (const entry of store.list(key)) files.push(file(entry.key));
  return { files, isOne: false };
}
