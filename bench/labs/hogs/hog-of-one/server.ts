/** Takes what there is of one thing: threads, its terminal, or the pipe that the server hears calls through. */
import { pbkdf2 } from 'node:crypto';
import { writeSync } from 'node:fs';

const THREADS = 40;
const STDOUT = 1;
const BLOCK = `${'as much as it takes '.repeat(50)}\n`.repeat(50);
const RECORD = `${JSON.stringify({ pid: 1, thread: 0, time: 1, type: 'counts', counts: { recv: 1 } })}\n`;

function writeForEver(fd: number, text: string): never {
  for (;;) writeSync(fd, text);
}

const HOGS: Readonly<Record<string, () => void>> = {
  threads() {
    // Workers each want memory of their own; these only a stack. The pool is as large as it is told to
    // be before its first work.
    process.env['UV_THREADPOOL_SIZE'] = String(THREADS);
    for (let index = 0; index < THREADS; index++)
      pbkdf2('', '', 2 ** 31 - 1, 64, 'sha512', () => {});
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
