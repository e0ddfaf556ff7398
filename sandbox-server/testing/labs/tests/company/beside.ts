/** Says how it was started, and what it sees under the lab's made-up name; ends when typed into. */
import { lookup } from 'node:dns/promises';

const { address } = await lookup('made-up.example', 4).catch(() => ({ address: 'unknown' }));
console.log(`here ${process.argv.slice(2).join(' ')} ${address}`);
process.stdin.on('data', () => process.exit(3));
