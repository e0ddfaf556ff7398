import { defineLab } from '../../../../../lab/definition.ts';

/** What the program does to the server, each by what it hopes for. */
const ATTACKS = ['names', 'flood', 'sets', 'garbage', 'costly', 'output'];

export default defineLab({
  id: 'hostile',
  title: 'A program that attacks the server through its feed',
  predict: 'What will the server do with it?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Attacking',
    ways: ATTACKS.map((name) => ({ name, label: name, args: [name] })),
  },
  programs: [
    { name: 'brief', program: 'brief.ts', starts: 'on-demand' },
    { name: 'endless', program: 'endless.ts', starts: 'on-demand' },
  ],
  clients: [],
  gauges: ['calls', 'processes'],
  showsSelect: true,
  scenario: [{ caption: 'It runs.' }],
});
