/** Listens on another port than its lab says. */
import { createServer } from 'node:net';

createServer().listen(9877, '127.0.0.1', () => console.log('Listening'));
