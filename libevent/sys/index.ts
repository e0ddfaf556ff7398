export * from './address.ts';
export { F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, O_NONBLOCK } from './descriptor.ts';
export { close, fcntl, read, write } from './descriptor.ts';
export * from './epoll.ts';
export * from './errno.ts';
export * from './iovec.ts';
export * from './socket.ts';
