const line = `${'flood '.repeat(12)}\n`;
const block = line.repeat(100);
for (;;) process.stdout.write(block);
