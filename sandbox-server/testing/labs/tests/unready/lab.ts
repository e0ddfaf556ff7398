import { defineLab } from '../../../../../lab/definition.ts';

export default defineLab({
  id: 'unready',
  title: 'A server that does not say that it listens',
  predict: 'Who connects?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening' },
  clients: ['alice'],
  scenario: [{ caption: 'It runs.' }],
});
