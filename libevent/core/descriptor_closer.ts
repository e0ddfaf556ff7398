import { close } from '../sys/descriptor.ts';
import { EventRecord } from './event_record.ts';

/**
 * Closes a descriptor from the loop, after the callback that gave it up: libevent's finalizer of a
 * bufferevent. Until then its number cannot mean another connection.
 *
 * @internal
 */
export class DescriptorCloser extends EventRecord {
  constructor(fd: number) {
    super(fd, 0);
  }

  override fire(): void {
    close(this.fd);
  }
}
