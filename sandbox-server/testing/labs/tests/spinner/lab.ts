import { defineLab } from '../../../../../lab/definition.ts';

export default defineLab({
  id: 'spinner',
  title: 'A program that never rests and says nothing',
  predict: 'Does the server know that it works?',
  server: { program: 'server.ts', port: 9876, ready: 'Spinning' },
  clients: [],
  scenario: [{ caption: 'It runs.' }],
});
