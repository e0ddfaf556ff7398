import { defineLab } from '../../../../../lab/definition.ts';

/** What the program does once it has said how it was started. */
const ENDS = ['waits', 'exits', 'throws', 'rejects', 'threads', 'signals'];

export default defineLab({
  id: 'alike',
  title: 'A program that says how it was started',
  predict: 'Can it tell whether its sandbox was there before?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'how I was started.',
    ways: ENDS.map((name) => ({ name, label: name, args: [name, '', 'zwei Wörter'] })),
    descriptors: 77,
  },
  clients: [],
  scenario: [{ caption: 'It runs.' }],
});
