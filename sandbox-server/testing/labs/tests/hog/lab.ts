import { defineLab } from '../../../../../lab/definition.ts';

/** What the program takes too much of. */
const WAYS = ['memory', 'child', 'processes', 'spin', 'descriptors', 'sockets'] as const;

export default defineLab({
  id: 'hog',
  title: 'A program that takes more than its share',
  predict: 'What will become of it?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Taking',
    forks: true,
    descriptors: 2048,
    ways: WAYS.map((name) => ({ name, label: name, args: [name] })),
  },
  clients: [],
  scenario: [{ caption: 'It runs.' }],
});
