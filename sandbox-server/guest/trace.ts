/** How to ask a program’s library for a trace: of the whole server, only this room knows the library. */
export * from 'libevent-ts/trace-variables';
