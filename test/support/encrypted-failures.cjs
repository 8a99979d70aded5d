// A failure converter that also encodes the messages of failures, so that the codec encrypts them.
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
