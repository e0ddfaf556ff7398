import { defineLab } from '../../../../../lab/definition.ts';

/** Sandboxes beside the first one’s, in the same session. */
const ACCOMPLICES = ['second', 'third', 'fourth'];

export default defineLab({
  id: 'attacker',
  title: 'A program that attacks whatever it is told to',
  predict: 'What will the server do with it?',
  server: {
    ...{ program: 'server.ts', port: 9876, ready: 'Told what to attack' },
    ...{ forks: true, descriptors: 256 },
  },
  programs: ACCOMPLICES.map((name) => ({
    ...{ name, program: 'server.ts', starts: 'on-demand' as const },
    ...{ forks: true, descriptors: 256 },
  })),
  clients: [],
  // So that there is a feed.
  gauges: ['calls', 'processes'],
  scenario: [{ caption: 'It runs.' }],
});
