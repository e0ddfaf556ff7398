import { defineLab } from '../../../../lab/definition.ts';

/** What the program takes, alone. */
const HOGS = ['threads', 'output', 'feed'];

export default defineLab({
  id: 'hog-of-one',
  title: 'A program that takes what there is alone',
  predict: 'Who else notices?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'At it',
    ways: HOGS.map((name) => ({ name, label: name, args: [name] })),
  },
  clients: [],
  gauges: ['calls', 'processes'],
  scenario: [{ caption: 'It runs.' }],
});
