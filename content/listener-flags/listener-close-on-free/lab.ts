import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-close-on-free',
  title: 'What a freed listener leaves behind',
  predict:
    'Alice is connected. The server frees its listener, and then Bob tries to connect. What does each of them see?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    reads: true,
    ways: [
      { name: 'leaves', label: 'without LEV_OPT_CLOSE_ON_FREE', args: [] },
      {
        name: 'closes',
        label: 'with LEV_OPT_CLOSE_ON_FREE',
        args: ['--close-on-free'],
        scenario: [
          {
            caption: 'Alice is connected and gets her echo.',
            action: { client: 'alice', types: 'hello\n' },
            expect: [{ client: 'alice', receives: 'hello\n' }],
          },
          {
            caption: 'The server frees its listener, and the listener closes its socket.',
            action: { program: 'server', types: 'free\n' },
            expect: [{ program: 'server', prints: 'is closed.' }],
          },
          {
            question: {
              asks: 'The listener is freed, and its socket is closed. Bob tries to connect. What does he see?',
              choices: ['Connection refused', 'Connected', 'nothing: he waits'],
              right: 'Connection refused',
            },
            caption: 'Bob tries to connect.',
            action: { client: 'bob', triesToConnect: true },
            expect: [
              { client: 'bob', notes: 'Connection refused' },
              { client: 'bob', ends: true },
            ],
            explanation: 'Nobody has the port. Bob is refused, and knows where he stands.',
          },
          {
            question: {
              asks: 'Alice was connected before. Does she lose her connection?',
              choices: ['yes', 'no'],
              right: 'no',
            },
            caption: 'Alice types a line.',
            action: { client: 'alice', types: 'still here\n' },
            expect: [{ client: 'alice', receives: 'still here\n' }],
            explanation:
              'She has had a socket of her own since she was accepted. It isn’t the listener’s to close.',
          },
          {
            caption: 'The port is free, and the server can have it again.',
            action: { program: 'server', types: 'listen\n' },
            expect: [{ program: 'server', prints: 'Listening on port 9876 again' }],
          },
          {
            caption: 'Carol connects and is accepted.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
          },
        ],
      },
    ],
  },
  clients: ['alice', { name: 'bob', later: true }, { name: 'carol', later: true }],
  scenario: [
    {
      caption: 'Alice is connected and gets her echo.',
      action: { client: 'alice', types: 'hello\n' },
      expect: [{ client: 'alice', receives: 'hello\n' }],
    },
    {
      caption: 'The server frees its listener, which was made without LEV_OPT_CLOSE_ON_FREE.',
      action: { program: 'server', types: 'free\n' },
      expect: [{ program: 'server', prints: 'is still open.' }],
    },
    {
      question: {
        asks: 'The listener is freed. Bob tries to connect. What does he see?',
        choices: ['Connection refused', 'Connected', 'nothing: he waits'],
        right: 'Connected',
      },
      caption: 'Bob tries to connect.',
      action: { client: 'bob', connects: true },
      expect: [{ program: 'server', printsNothingFor: 500 }],
      explanation:
        'Freeing the listener stopped the watching, not the listening. The socket is open, and the kernel shakes hands for it.',
    },
    {
      caption: 'He can even type. He gets no answer, and no error.',
      action: { client: 'bob', types: 'hello?\n' },
      expect: [
        { client: 'bob', receivesNothingFor: 800 },
        { program: 'server', printsNothingFor: 800 },
      ],
    },
    {
      caption: 'Alice was accepted before. Her connection doesn’t need the listener.',
      action: { client: 'alice', types: 'still here\n' },
      expect: [{ client: 'alice', receives: 'still here\n' }],
    },
    {
      caption:
        'A new listener on the same port fails. The port is taken by this very process, through the forgotten descriptor.',
      action: { program: 'server', types: 'listen\n' },
      expect: [{ program: 'server', prints: 'bind EADDRINUSE' }],
    },
    {
      caption:
        'But newListener can make a new listener for the old descriptor. Bob has waited in its queue, with his line.',
      action: { program: 'server', types: 'adopt\n' },
      expect: [
        { program: 'server', prints: 'Connection from 127.0.0.1' },
        { client: 'bob', receives: 'hello?\n' },
      ],
    },
  ],
});
