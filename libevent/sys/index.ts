export * from './address.ts';
export { F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, O_NONBLOCK } from './descriptor.ts';
export { close, fcntl, read, write } from './descriptor.ts';
export * from './epoll.ts';
export * from './errno.ts';
export * from './interface.ts';
export * from './iovec.ts';
export * from './socket.ts';
export * from './fork.ts';
export * from './pipe.ts';
export * from './process.ts';
export * from './resource.ts';
export * from './time.ts';
export * from './trace_variables.ts';
export type {
  CallbackRecord,
  CountsRecord,
  FoldedRecord,
  ReturnRecord,
  TraceRecord,
} from './trace_records.ts';
export * from './poll.ts';
export * from './select.ts';
export * from './signal.ts';
export * from './netdb.ts';
export * from './file.ts';
export * from './sendfile.ts';
