import { defineLab } from '../../../../../lab/definition.ts';

export default defineLab({
  id: 'elsewhere',
  title: 'A server that listens on another port',
  predict: 'Who connects?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening' },
  clients: ['alice'],
  scenario: [{ caption: 'It runs.' }],
});
