import fc from 'fast-check';

// Where many are to get the same answer, the same cases; everywhere else new ones each time. A failure names its seed either way.
const { CI, FAST_CHECK_SEED } = process.env;
if (FAST_CHECK_SEED) fc.configureGlobal({ seed: Number(FAST_CHECK_SEED) });
else if (CI) fc.configureGlobal({ seed: 20_261_122 });

export default fc;
