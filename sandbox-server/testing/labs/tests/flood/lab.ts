import { defineLab } from '../../../../../lab/definition.ts';

export default defineLab({
  id: 'flood',
  title: 'A program that prints without end',
  predict: 'What will the server do with it?',
  server: { program: 'server.ts', port: 9876, ready: 'never said' },
  clients: ['alice'],
  scenario: [{ caption: 'It runs.' }],
});
