export type { ApiErrorType, SimulatedErrorType } from './api-error';
export type { ApiKeys } from './auth';
export type { BatchBooks, BilledRequest, Books } from './books/books';
export type {
  Endpoint,
  FaultMoment,
  FaultScope,
  FaultSpec,
  HttpFault,
  Malformed,
  RequestFault,
} from './faults/fault-spec';
export type { Faults } from './faults/faults';
export type { OddRow } from './faults/odd-rows';
export type { OddRowRecord } from './faults/odd-rows-log';
export { paramsDigest } from './hash';
export { type AnswerOptions, answer } from './life/answer';
export type { Clock } from './life/clock';
export type { SimulatedOutcome, SimulatedStop } from './life/outcomes';
export { promptTokens, type Tokens } from './life/usage';
export type { NewBatch, SimulatorOptions } from './options';
export { type Simulator, startSimulator } from './simulator';
