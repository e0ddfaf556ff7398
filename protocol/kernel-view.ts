/** What the kernel holds for a run: the bytes in the buffers of its connections, and who waits at its listeners. */
import * as z from 'zod/mini';

/** The most connections, and the most listeners, that a page is told of. */
export const MOST_CONNECTIONS = 64;
/** See {@link MOST_CONNECTIONS}. */
export const MOST_LISTENERS = 16;

const count = z.int().check(z.nonnegative());

/** The buffers of one end, in bytes. */
const endSchema = z.strictObject({
  /** Came, and has not been read: rx_queue of proc_net_tcp(5). */
  receive: count,
  /** Sent, and has not been acknowledged by the other end: tx_queue. */
  send: count,
});
/** The buffers of one end of a connection, in bytes. */
export type SocketBuffers = Readonly<z.infer<typeof endSchema>>;

const connectionSchema = z.strictObject({
  /** The client whose connection it is: the name of its terminal. */
  client: z.string().check(z.regex(/^[a-z][a-z0-9-]{0,31}$/)),
  /** The client’s own end; null once that is closed. */
  near: z.nullable(endSchema),
  /** The server’s end; null once that is closed. */
  far: z.nullable(endSchema),
  /** Whether a program has accepted it. Until then it waits at a listener, and holds bytes all the same. */
  accepted: z.boolean(),
  /** The descriptors by which programs have the server’s end, a few of them. */
  holders: z
    .array(
      z.strictObject({
        /** Which program: `process` of `started`. */
        process: count,
        /** As the program itself knows it. */
        pid: count,
        fd: count,
      }),
    )
    .check(z.maxLength(8)),
});
/** A connection between a client of the page and a program. */
export type KernelConnection = Readonly<z.infer<typeof connectionSchema>>;

const listenerSchema = z.strictObject({
  port: z.int().check(z.minimum(0), z.maximum(65535)),
  /** Connections that are established and wait for accept(2). */
  waiting: count,
  /** How many may wait: listen(2)’s backlog and one more, if that is known. */
  most: z.optional(count),
});
/** A listening socket. */
export type KernelListener = Readonly<z.infer<typeof listenerSchema>>;

/** The fields of the message that tells it. */
export const kernelFields = {
  connections: z.array(connectionSchema).check(z.maxLength(MOST_CONNECTIONS)),
  listeners: z.array(listenerSchema).check(z.maxLength(MOST_LISTENERS)),
};
