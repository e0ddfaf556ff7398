import assert from 'node:assert/strict';
import { suite } from 'node:test';
import {
  EVENT_BASE_FLAG_IGNORE_ENV,
  EVENT_BASE_FLAG_STARTUP_IOCP,
  EventConfig,
} from '../core/config.ts';
import { eventSetLogCallback } from '../core/log.ts';
import { EventBase } from '../event/event_base.ts';
import { whyNoUring } from './uring.ts';

/** The backend that a base has for EVENT_BASE_FLAG_STARTUP_IOCP. */
export const COMPLETION = 'io_uring';

/** Makes a base on one backend, whatever the environment says. */
export function makeBaseOn(method: string, configure?: (config: EventConfig) => void): EventBase {
  using config = new EventConfig();
  config.setFlag(EVENT_BASE_FLAG_IGNORE_ENV);
  for (const other of EventBase.getSupportedMethods()) {
    if (other !== (method === COMPLETION ? 'epoll' : method)) config.avoidMethod(other);
  }
  if (method === COMPLETION) config.setFlag(EVENT_BASE_FLAG_STARTUP_IOCP);
  configure?.(config);
  const base = new EventBase(config);
  assert.equal(base.getMethod(), method);
  return base;
}

/** The text of a program that has `config`, an EventConfig, choose a backend. */
export function choosing(method: string): string {
  const kept = JSON.stringify(method === COMPLETION ? 'epoll' : method);
  return `
    for (const other of EventBase.getSupportedMethods()) {
      if (other !== ${kept}) config.avoidMethod(other);
    }
    ${method === COMPLETION ? `config.setFlag(${String(EVENT_BASE_FLAG_STARTUP_IOCP)});` : ''}`;
}

/** Makes a base on the backend of a suite. */
export type MakeBase = (configure?: (config: EventConfig) => void) => EventBase;

/** Runs the tests that a function defines once for each backend. */
export function onEachBackend(define: (makeBase: MakeBase, method: string) => void): void {
  for (const method of [...EventBase.getSupportedMethods(), COMPLETION]) {
    const skip = method === COMPLETION && whyNoUring();
    void suite(`on ${method}`, { skip }, () => {
      define((configure) => makeBaseOn(method, configure), method);
    });
  }
}

/** What a function has the library log. */
export function loggedBy(body: () => void): string[] {
  const lines: string[] = [];
  eventSetLogCallback((severity, message) => lines.push(`${String(severity)} ${message}`));
  try {
    body();
  } finally {
    eventSetLogCallback(null);
  }
  return lines;
}
