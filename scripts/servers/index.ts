export { type Child, type ChildOptions, type CommandResult, runCommand, startChild } from './child';
export { type Log, ServerNotFoundError } from './obtain';
export { versitygw } from './s3';
export { type DevServer, type DevServerOptions, startDevServer, temporalServer } from './temporal';
