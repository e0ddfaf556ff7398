import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-threadsafe',
  title: 'Two threads on one listening socket',
  predict:
    'Two threads accept on one socket. Does a client reach one of them, or both? And what will be different with LEV_OPT_THREADSAFE?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    reads: true,
    ways: [
      { name: 'without', label: 'without LEV_OPT_THREADSAFE', args: ['9876'] },
      { name: 'with', label: 'with LEV_OPT_THREADSAFE', args: ['9876', '--threadsafe'] },
    ],
  },
  clients: ['alice', 'bob'],
  scenario: [
    {
      caption:
        'Alice and Bob are connected, each to one worker, and nobody can say beforehand to which: both may wake, and the kernel gives the connection to the one that asks first. Look at the descriptors: the threads share one table, so no number is there twice.',
      action: { client: 'alice', types: 'hello\n' },
      expect: [
        { client: 'alice', receives: 'hello\n' },
        { client: 'bob', receivesNothingFor: 300 },
      ],
    },
    {
      caption:
        'Worker 2 is asked to disable its listener. No other thread could do it, because none has the object. A lock is no use where nothing is shared.',
      action: { program: 'server', types: '2\n' },
      expect: [{ program: 'server', prints: 'Worker 2: my listener is disabled' }],
    },
    {
      caption:
        'The socket goes on listening, and Worker 1 is there. Carol can only reach that one.',
      action: { client: 'carol', connects: true },
      expect: [{ program: 'server', prints: 'Worker 1: connection from' }],
    },
    {
      caption: 'Worker 1 is asked too.',
      action: { program: 'server', types: '1\n' },
      expect: [{ program: 'server', prints: 'Worker 1: my listener is disabled' }],
    },
    {
      question: {
        asks: 'Both listeners are disabled. Dave tries to connect. What does he see?',
        choices: ['Connected', 'Connection refused', 'nothing: he waits'],
        right: 'Connected',
      },
      caption: 'Dave tries to connect.',
      action: { client: 'dave', connects: true },
      expect: [{ program: 'server', printsNothingFor: 500 }],
      explanation:
        'A disabled listener accepts nobody. The socket still listens, so the kernel makes the connection, and Dave waits in the queue that both share.',
    },
    {
      caption: 'Worker 2 enables its listener again, and gets Dave.',
      action: { program: 'server', types: '2\n' },
      expect: [
        { program: 'server', prints: 'Worker 2: my listener is enabled' },
        { program: 'server', prints: 'Worker 2: connection from' },
      ],
    },
    {
      caption: 'Clients stay with the worker that accepted them, even if its listener is disabled.',
      action: { client: 'carol', types: 'and me?\n' },
      expect: [
        { client: 'carol', receives: 'and me?\n' },
        { client: 'dave', receivesNothingFor: 300 },
      ],
    },
  ],
});
