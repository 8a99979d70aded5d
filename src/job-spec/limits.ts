/**
 * The most levels of objects and arrays in a document, a template or a request. Deeper ones overflow the
 * stack.
 */
export const MOST_LEVELS = 200;

/** The most bytes in one line or row of an input. The API accepts no larger request. */
export const MOST_LINE_BYTES = 32_000_000;
