/** A file of an input is damaged, cut short, or of a kind that this Node cannot read. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
}
