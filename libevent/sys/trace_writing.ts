/**
 * How calls are told, for who tells of a program's calls in its place: the lines of a trace, how many of them
 * may be written, and the words for what goes into a call and comes out of it.
 */
export { errnoName } from './errno_names.ts';
export { BUDGET_NUMBERS, TraceBudget } from './trace_budget.ts';
export type { Folded } from './trace_budget.ts';
export { TraceLines } from './trace_records.ts';
export {
  addressWords,
  bytesWords,
  epollWords,
  intAt,
  pollWords,
  timeWords,
} from './trace_structs.ts';
export {
  byteCount,
  epollCreateFlags,
  epollEvents,
  epollOperation,
  family,
  level,
  messageFlags,
  openFlags,
  option,
  pollEvents,
  shutdownHow,
  signal,
  socketFlags,
  socketType,
  statusWords,
  waitOptions,
} from './trace_vocabulary.ts';
