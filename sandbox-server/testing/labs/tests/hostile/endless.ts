/** Prints without end. */
import { writeSync } from 'node:fs';

const STDOUT = 1;
for (;;) writeSync(STDOUT, 'more and more\n');
