import { defineLab } from '../../../../../lab/definition.ts';

export default defineLab({
  id: 'passes',
  title: 'A program that says what its passes cost',
  predict: 'What do they cost?',
  server: { program: 'server.ts', port: 9878, ready: 'descriptors' },
  clients: [],
  timeline: false,
  measures: {
    kind: 'passes',
    series: [
      { name: 'first', label: 'first' },
      { name: 'second', label: 'second' },
    ],
  },
  scenario: [{ caption: 'It is measured.' }],
});
