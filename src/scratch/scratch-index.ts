import { type Line, lines } from '../lines/split';
import type { ScratchDir } from './scratch-dir';

/** The part of a line that is found under a number. */
export interface Chosen {
  number: number;
  /** Offset of the part in the copied stream. */
  start: number;
  length: number;
}

/**
 * Lines on local disk that are found by number. A few bytes for each number in typed arrays keep memory
 * constant for lines of any length.
 */
export class ScratchIndex {
  readonly #scratch: ScratchDir;
  readonly #file: Uint16Array;
  readonly #start: Float64Array;
  /** 0 for a number without a line. */
  readonly #length: Uint32Array;
  /** The file of the lines that were added one by one. */
  #own: number | undefined;

  /** @param numbers all numbers are smaller */
  constructor(scratch: ScratchDir, numbers: number) {
    this.#scratch = scratch;
    this.#file = new Uint16Array(numbers);
    this.#start = new Float64Array(numbers);
    this.#length = new Uint32Array(numbers);
  }

  /**
   * Copies a stream to the disk and adds the lines that `choose` returns a number for. A later line replaces
   * an earlier one with its number. A line's bytes are valid until the next one.
   */
  async copy(source: AsyncIterable<Uint8Array>, choose: (line: Line) => Chosen | undefined): Promise<void> {
    const number = await this.#scratch.create();
    const file = this.#scratch.files[number]!;
    const copied = async function* () {
      for await (const piece of source) {
        await file.append(piece);
        yield piece;
      }
    };
    for await (const batch of lines(copied())) {
      for (const line of batch) {
        const chosen = line.bytes.length > 0 ? choose(line) : undefined;
        if (chosen) this.#set(chosen.number, number, chosen.start, chosen.length);
      }
    }
  }

  /** Adds one line. */
  async add(number: number, line: Uint8Array): Promise<void> {
    this.#own ??= await this.#scratch.create();
    this.#set(number, this.#own, await this.#scratch.files[this.#own]!.append(line), line.length);
  }

  /** Takes over the line of a number, or its absence, from another index of the same folder, or from none. */
  take(number: number, from?: ScratchIndex): void {
    if (from) this.#set(number, from.#file[number]!, from.#start[number]!, from.#length[number]!);
    else this.#set(number, 0, 0, 0);
  }

  has(number: number): boolean {
    return this.#length[number]! > 0;
  }

  async find(number: number): Promise<Buffer | undefined> {
    if (!this.has(number)) return undefined;
    return this.#scratch.files[this.#file[number]!]!.read(this.#start[number]!, this.#length[number]!);
  }

  #set(number: number, file: number, start: number, length: number): void {
    this.#file[number] = file;
    this.#start[number] = start;
    this.#length[number] = length;
  }
}
