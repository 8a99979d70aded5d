/** Job ids that a path, a shell, a query or a file system that folds names could misinterpret. */
export const ODD_IDS = [
  '.',
  '..',
  '/',
  'a:b',
  'a/../b',
  '%2f',
  '~',
  '--help',
  'a "quoted\\" id\'s',
  'two\nlines',
  '👩‍👩‍👧 🏳️‍🌈',
  'שלום-مرحبا\u202e',
  // Equal except for the case of letters …
  'nightly',
  'Nightly',
  'NIGHTLY',
  'ß',
  'SS',
  // … or for their Unicode normalization.
  'caf\u00e9',
  'cafe\u0301',
  'ﬁ',
  'fi',
  'x'.repeat(900),
  `${'x'.repeat(899)}y`,
  'é'.repeat(450),
];

/** Returns a name as the coarsest file system compares it. */
export const folded = (name: string) => name.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKC');
