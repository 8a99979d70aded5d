import fc from 'fast-check';

// CI uses the same cases each time, so that all runs agree. Elsewhere the cases are new each time. A failure
// always names its seed.
const { CI, FAST_CHECK_SEED } = process.env;
if (FAST_CHECK_SEED) fc.configureGlobal({ seed: Number(FAST_CHECK_SEED) });
else if (CI) fc.configureGlobal({ seed: 20_261_122 });

export default fc;
