import { defineLab } from '../../../../../lab/definition.ts';

export default defineLab({
  id: 'bystander',
  title: 'Another reader’s run, which must not notice anything',
  predict: 'Does it?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening' },
  clients: ['alice'],
  scenario: [{ caption: 'It runs.' }],
});
