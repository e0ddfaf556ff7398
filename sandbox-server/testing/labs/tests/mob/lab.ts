import { defineLab } from '../../../../../lab/definition.ts';

export default defineLab({
  id: 'mob',
  title: 'A server that answers a crowd with anything, or nothing',
  predict: 'What will the crowd make of it?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening', descriptors: 1100 },
  clients: [],
  crowd: true,
  scenario: [{ caption: 'It runs.' }],
});
