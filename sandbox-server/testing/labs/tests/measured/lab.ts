import { defineLab } from '../../../../../lab/definition.ts';

export default defineLab({
  id: 'measured',
  title: 'Two echo servers, measured',
  predict: 'Which is faster?',
  server: {
    program: 'server.ts',
    port: 9877,
    ready: 'Listening',
    descriptors: 256,
    networks: true,
  },
  clients: [],
  timeline: false,
  measures: { kind: 'servers', own: 'in pieces', beside: [{ lab: 'quitter', label: 'whole' }] },
  scenario: [{ caption: 'It is measured.' }],
});
