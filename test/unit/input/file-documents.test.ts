import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputSourceError } from '../../../src/client/errors';
import { copyInput, openInput } from '../../../src/client/start/input';
import { readDocuments } from '../../../src/input/documents';
import { MOST_FILE_BYTES } from '../../../src/input/file-documents';
import { compileTemplate } from '../../../src/job-spec/template';
import { MemoryStore } from '../../support/memory-store';
import { tempDir } from '../../support/temp-dir';

const PDF = Buffer.from('%PDF-1.7\n…');
const PNG = Buffer.from('\x89PNG\r\n\x1a\n…', 'latin1');
const JPEG = Buffer.from('\xff\xd8\xff\xe0…', 'latin1');
const GIF = Buffer.from('GIF89a…');
const WEBP = Buffer.from('RIFF0000WEBPVP8 ');

async function folderOf(files: Record<string, string | Buffer>): Promise<string> {
  const folder = await tempDir();
  await mkdir(join(folder, 'sub'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** The requests that a template makes of files. */
async function requestsOf(folder: string, content: unknown) {
  const opened = await openInput({ files: folder });
  const store = new MemoryStore();
  await copyInput(store, 'input', opened);
  const template = { model: 'claude-haiku-5-5', max_tokens: 5, messages: [{ role: 'user', content }] };
  const write = compileTemplate(template, { betas: [], allowUnknownParams: [] });
  const requests: [string, unknown][] = [];
  for await (const batch of readDocuments(store, 'input', { ...opened.stored, idField: 'id' })) {
    for (const { document } of batch) {
      requests.push([document.id.slice(folder.length + 1), JSON.parse(write(document)).messages[0].content]);
    }
  }
  return requests;
}

describe('files that are documents', () => {
  it('become content blocks, with their paths as ids', async () => {
    const folder = await folderOf({
      'a.pdf': PDF,
      'b.PNG': PNG,
      'c.jpg': JPEG,
      'd.gif': GIF,
      'e.webp': WEBP,
      'sub/f.md': '\ufeff# Title',
      '.DS_Store': 'left out',
    });
    const question = { type: 'text', text: 'What is this?' };
    const block = (type: string, media_type: string, bytes: Buffer) => ({
      type,
      source: { type: 'base64', media_type, data: bytes.toString('base64') },
    });
    expect(await requestsOf(folder, ['{{content}}', question])).toEqual([
      ['a.pdf', [block('document', 'application/pdf', PDF), question]],
      ['b.PNG', [block('image', 'image/png', PNG), question]],
      ['c.jpg', [block('image', 'image/jpeg', JPEG), question]],
      ['d.gif', [block('image', 'image/gif', GIF), question]],
      ['e.webp', [block('image', 'image/webp', WEBP), question]],
      [
        'sub/f.md',
        [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: '# Title' } }, question],
      ],
    ]);
  });

  it('have their names, and the text of a text file, for placeholders', async () => {
    const folder = await folderOf({ 'sub/a.txt': 'hello' });
    expect(await requestsOf(folder, '{{name}}: {{text}}')).toEqual([['sub/a.txt', 'a.txt: hello']]);
  });

  it('are refused before anything is stored, with the name', async () => {
    const refused = async (name: string, content: string | Buffer, message: RegExp) => {
      const folder = await folderOf({ 'a.pdf': PDF, [name]: content });
      const error = await requestsOf(folder, '{{text}}').catch((error) => error);
      expect(error).toBeInstanceOf(InputSourceError);
      expect(error.message).toMatch(message);
      expect(error.message).toContain(name);
    };
    await refused('b.docx', 'x', /cannot be a document: a name must end in \.pdf, \.png/);
    await refused('b.png', JPEG, /its name says image\/png, but it begins like image\/jpeg\. Rename it/);
    await refused('b.pdf', 'x', /its name says application\/pdf, but its first bytes say otherwise/);
    await refused('b.txt', Buffer.from([0xff]), /it is not UTF-8 text/);
    await refused('b.txt', '', /it is empty/);
    const folder = await folderOf({ 'large.pdf': PDF });
    await truncate(join(folder, 'large.pdf'), MOST_FILE_BYTES + 1);
    await expect(requestsOf(folder, ['{{content}}'])).rejects.toThrow(
      /large\.pdf" cannot be read: it has 23250001 bytes, and a document may have at most 23250000/,
    );
  });
});
