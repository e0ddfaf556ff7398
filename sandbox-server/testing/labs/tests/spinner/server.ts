/** Uses all the processor time that it gets. */
process.stdout.write('Spinning\n', () => {
  for (;;);
});
