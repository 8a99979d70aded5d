// Workflows of the same names that go another way: a timer where the first step was.
const { sleep } = require('@temporalio/workflow');

async function altered() {
  await sleep('1m');
}

exports.anthropicDocumentSet = altered;
exports.anthropicMessageBatch = altered;
exports.anthropicReconcileJob = altered;
