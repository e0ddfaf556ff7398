import { defineLab } from '../../../../lab/definition.ts';

export default defineLab({
  id: 'rough',
  title: 'A program that is told how to behave',
  predict: 'What is left of it?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening', forks: true, reads: true },
  programs: [{ name: 'beside', program: 'beside.ts', starts: 'on-demand' }],
  clients: ['alice', 'bob'],
  gauges: ['calls', 'processes'],
  scenario: [{ caption: 'It runs.' }],
});
