/** Sends back what it gets. */
import { createServer } from 'node:net';

const server = createServer((socket) => socket.pipe(socket));
server.listen(9876, '127.0.0.1', () => console.log('Listening'));
