import { defineLab } from '../../../../../lab/definition.ts';

/** What the program calls, or claims to have called, without a pause. */
const WAYS = ['calls', 'claims', 'endless'];

export default defineLab({
  id: 'busy',
  title: 'A program that calls and calls',
  predict: 'What is told of it?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Calling',
    ways: WAYS.map((name) => ({ name, label: name, args: [name] })),
  },
  clients: [],
  scenario: [{ caption: 'It runs.' }],
});
