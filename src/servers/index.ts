// servers/: finds or builds the Temporal and S3 servers of the demo and the tests, and runs them. Start here.

export { type Child, type ChildOptions, type CommandResult, runCommand, startChild } from './child';
export { type Log, ServerNotFoundError } from './obtain';
export { versitygw } from './s3';
export { type DevServer, type DevServerOptions, startDevServer, temporalServer } from './temporal';
