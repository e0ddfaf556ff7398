import { defineLab } from '../../../../lab/definition.ts';

/** What the program takes, each with all the processes that it can get. */
const HOGS = ['spin', 'memory', 'forks', 'sockets', 'connects'];

export default defineLab({
  id: 'hog-of-many',
  title: 'A program that takes what there is with many processes',
  predict: 'Who else notices?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'At it',
    ways: HOGS.map((name) => ({ name, label: name, args: [name] })),
    forks: true,
    descriptors: 2048,
  },
  clients: [],
  scenario: [{ caption: 'It runs.' }],
});
