/** Says what its first series costs; of the second it says nothing, and fails. */
const [series, busy] = process.argv.slice(2);
if (series === 'second') {
  console.log('There is no such way to wait.');
  process.exit(3);
}
console.log('This is no figure: 5 µs a pass');
console.log(`10 descriptors: ${busy}.5 µs a pass`);
console.log('100 descriptors: 12 µs a pass');
