import { defineLab } from '../../../../../lab/definition.ts';

export default defineLab({
  id: 'quitter',
  title: 'A server that ends when asked to, and leaves a child behind',
  predict: 'What will the server do with it?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening' },
  clients: ['alice'],
  scenario: [{ caption: 'It runs.' }],
});
