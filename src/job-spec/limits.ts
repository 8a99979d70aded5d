/** Levels of objects and arrays that a document, a template or a request may have: deeper ones overflow the stack of whatever walks them. */
export const MOST_LEVELS = 200;

/** Bytes of one line or row of an input: the API takes no larger request. */
export const MOST_LINE_BYTES = 32_000_000;
