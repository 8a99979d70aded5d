// Workflows of the same names that go another way: a timer where the first step was.
const { sleep } = require('@temporalio/workflow');

exports.anthropicDocumentSet = exports.anthropicMessageBatch = async function altered() {
  await sleep('1m');
};
