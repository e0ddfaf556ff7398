/** Takes what there is of one thing: threads, its terminal, or the pipe that the server hears calls through. */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

const THREADS = 60;
const STDOUT = 1;
const BLOCK = `${'as much as it takes '.repeat(50)}\n`.repeat(50);
const RECORD = `${JSON.stringify({ pid: 1, thread: 0, time: 1, type: 'counts', counts: { recv: 1 } })}\n`;

function writeForEver(fd: number, text: string): never {
  for (;;) writeSync(fd, text);
}

const HOGS: Readonly<Record<string, () => void>> = {
  threads() {
    for (let index = 0; index < THREADS; index++) {
      // Where the limit of memory or threads is reached, those that are there do.
      new Worker('for (;;);', { eval: true }).on('error', () => {});
    }
    console.log('At it');
  },
  output() {
    console.log('At it');
    writeForEver(STDOUT, BLOCK);
  },
  feed() {
    console.log('At it');
    writeForEver(Number(process.env['READABLE_TRACE_FD']), RECORD.repeat(100));
  },
};

HOGS[process.argv[2] ?? '']?.();
