import type { SocketAddress } from '../sys/address.ts';
import type { Evconnlistener } from './evconnlistener.ts';

/**
 * What a listener calls for each connection.
 *
 * @param listener - the listener that accepted it
 * @param fd - the descriptor of the connection, the callback's to close
 * @param address - who connected
 * @param arg - what was given with the callback
 */
export type EvconnlistenerCallback<T> = (
  listener: Evconnlistener<T>,
  fd: number,
  address: SocketAddress,
  arg: T,
) => void;

/**
 * What a listener calls when accept4(2) fails; `EVUTIL_SOCKET_ERROR()` says why.
 *
 * @param arg - what was given with the connection callback
 */
export type EvconnlistenerErrorCallback<T> = (listener: Evconnlistener<T>, arg: T) => void;
