/** Listens, and says so in another language. */
import { createServer } from 'node:net';

createServer().listen(9876, '127.0.0.1', () => console.log('Ich höre auf 9876'));
