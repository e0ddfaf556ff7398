import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'rot13-select',
  title: 'A ROT13 server on select',
  predict:
    'Alice hands over half a line. Is her bit in the set “to write to” then? And when does it get there?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    descriptors: 1100,
    ways: [
      { name: 'plain', label: 'as it is', args: [] },
      {
        name: 'always-writing',
        label: 'with everybody in the write set',
        patch: [
          {
            replace: 'if (wantsToWrite(state)) FD_SET(fd, writeset);',
            by: 'FD_SET(fd, writeset);',
          },
        ],
        scenario: [
          {
            question: {
              asks: 'Every client is in the write set, whether there is something to write to it or not. Nobody types. What does select() do?',
              choices: [
                'it waits until somebody types',
                'it returns at once, again and again',
                'it fails with an error',
              ],
              right: 'it returns at once, again and again',
            },
            caption:
              'Every client is in the write set, whether there is something to write to it or not. Nobody has typed a letter. Look at the meters.',
            expect: [
              { gauge: 'cpu', program: 'server', atLeast: 0.5 },
              { gauge: 'calls', program: 'server', atLeast: 1000 },
            ],
            explanation:
              'A socket is writable when its buffer has room, and that is nearly always. So select() has something to report each time, and never waits.',
          },
          {
            caption:
              'Bob types, and is answered. To him it is a server like any other. So nobody notices this mistake until the bill for the processor comes.',
            action: { client: 'bob', types: 'Is anything wrong?\n' },
            expect: [
              { client: 'bob', receives: 'Vf nalguvat jebat?\n' },
              { client: 'alice', receivesNothingFor: 300 },
            ],
          },
          {
            caption:
              'Silence again, and the processor is as busy as before. It is the spinning server of the last chapter, in a better disguise.',
            expect: [
              { program: 'server', printsNothingFor: 500 },
              { gauge: 'cpu', program: 'server', atLeast: 0.5 },
            ],
          },
          {
            question: {
              asks: 'Alice leaves, and half of the write set with her. How busy is the processor then?',
              choices: ['as busy as before', 'half as busy', 'idle'],
              right: 'as busy as before',
            },
            caption: 'Alice leaves.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { client: 'alice', ends: true },
              { gauge: 'cpu', program: 'server', atLeast: 0.5 },
            ],
            explanation: 'One socket that is always writable is enough.',
          },
          {
            question: {
              asks: 'Bob leaves too. Only the listening socket is left. Does the server still spin?',
              choices: ['yes', 'no'],
              right: 'no',
            },
            caption: 'Bob leaves too.',
            action: { client: 'bob', halfCloses: true },
            expect: [
              { client: 'bob', ends: true },
              { gauge: 'calls', program: 'server', is: 0 },
            ],
            explanation:
              'The listening socket is in the read set only. The write set is empty, so select() waits until somebody connects.',
          },
        ],
      },
      {
        name: 'near-the-end',
        label: 'with the first client on descriptor 1,021',
        args: ['--first-descriptor', '1021'],
        scenario: [
          {
            caption:
              'The server has taken every descriptor below 1,021. So Alice got 1,021 and Bob 1,022, and their bits are near the end of the set, which has 1,024.',
            expect: [{ gauge: 'descriptors', program: 'server', atLeast: 1000 }],
          },
          {
            caption:
              'Both are served as usual. But in each call the kernel goes through the set from bit 0 up to the highest descriptor: more than a thousand bits, for two clients.',
            action: { client: 'bob', types: 'Hello from 1022\n' },
            expect: [
              { client: 'bob', receives: 'Uryyb sebz 1022\n' },
              { client: 'alice', receivesNothingFor: 300 },
            ],
          },
          {
            caption: 'Carol gets 1,023. It is the last bit of the set.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'on descriptor 1023' }],
          },
          {
            caption: 'The last bit is as good as any.',
            action: { client: 'carol', types: 'the last one\n' },
            expect: [{ client: 'carol', receives: 'gur ynfg bar\n' }],
          },
          {
            question: {
              asks: 'The next client, Dave, would get descriptor 1,024. What becomes of him?',
              choices: [
                'he is served like the others',
                'the server closes his connection',
                'he waits until a bit is free',
              ],
              right: 'the server closes his connection',
            },
            caption:
              'Dave would be 1,024. There is no such bit, and in C, FD_SET would quietly write into whatever memory comes after the set. This server closes his connection and says why.',
            action: { client: 'dave', triesToConnect: true },
            expect: [
              { program: 'server', prints: 'an fd_set has no bit for descriptor 1024' },
              { client: 'dave', notes: 'The server closed the connection.' },
              { client: 'dave', ends: true },
            ],
            explanation:
              'The limit is the size of fd_set in the C library. The kernel has no such limit, and poll(2) and epoll(7) have no such sets: select(2).',
          },
          {
            caption: 'The three who have a bit noticed nothing.',
            action: { client: 'alice', types: 'still here\n' },
            expect: [
              { client: 'alice', receives: 'fgvyy urer\n' },
              { client: 'bob', receivesNothingFor: 300 },
              { client: 'carol', receivesNothingFor: 300 },
            ],
          },
          {
            caption: 'Carol leaves, and number 1,023 is free again.',
            action: { client: 'carol', halfCloses: true },
            expect: [
              { program: 'server', prints: 'Descriptor 1023: end of file, closing' },
              { client: 'carol', ends: true },
            ],
          },
          {
            caption: 'So there is room for Erin. Three clients is all that this server can have.',
            action: { client: 'erin', connects: true },
            expect: [{ program: 'server', prints: 'on descriptor 1023' }],
          },
        ],
      },
    ],
  },
  clients: ['alice', 'bob'],
  crowd: true,
  gauges: ['processes', 'cpu', 'calls', 'descriptors'],
  showsSelect: true,
  scenario: [
    {
      caption:
        'Alice and Bob are connected to one process. Nobody types, select() waits for all of them, and the processor has nothing to do.',
      expect: [
        { gauge: 'processes', program: 'server', is: 1 },
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
        { program: 'server', printsNothingFor: 500 },
      ],
    },
    {
      caption:
        'Bob types first. His bit comes back set in the read set. His answer is ready then, so his bit goes into the write set for the next call.',
      action: { client: 'bob', types: 'Any order will do\n' },
      expect: [
        { client: 'bob', receives: 'Nal beqre jvyy qb\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption:
        'The write set is empty again. A socket with room is always writable: if Bob’s bit stayed in with nothing to send, select() would return at once, and the loop would spin.',
      expect: [{ gauge: 'cpu', program: 'server', atMost: 0.2 }],
    },
    {
      question: {
        asks: 'Alice hands over half a line. Is her bit in the write set of the next call?',
        choices: ['yes', 'no'],
        right: 'no',
      },
      caption:
        'Alice hands over half a line. There is no child or thread whose local variable could hold it: it goes into the FdState of her descriptor.',
      action: { client: 'alice', types: 'half a li\u0004' },
      expect: [{ client: 'alice', receivesNothingFor: 300 }],
      explanation:
        'A bit goes into the write set when there is something to send, and this line gets no answer until its end has come.',
    },
    {
      question: {
        asks: 'Carol connects. What does select() report?',
        choices: [
          'the listening socket can be read',
          'the listening socket can be written',
          'Carol’s socket can be read',
        ],
        right: 'the listening socket can be read',
      },
      caption:
        'Carol connects meanwhile. To select() a client that waits to be accepted is something to read on the listening socket. There is still one process.',
      action: { client: 'carol', connects: true },
      expect: [
        { program: 'server', prints: 'Connection from 127.0.0.1' },
        { gauge: 'processes', program: 'server', is: 1 },
      ],
    },
    {
      caption: 'Alice’s line gets its end, and the whole of it comes back.',
      action: { client: 'alice', types: 'ne\n' },
      expect: [
        { client: 'alice', receives: 'unys n yvar\n' },
        { client: 'carol', receivesNothingFor: 300 },
      ],
    },
    {
      caption:
        'Bob types a last line and ends his side at once. The answer is still owed, so the server does not close before it has been sent.',
      action: { client: 'bob', types: 'last words\n\u0004' },
      expect: [
        { client: 'bob', receives: 'ynfg jbeqf\n' },
        { program: 'server', prints: 'end of file, closing' },
        { client: 'bob', ends: true },
      ],
    },
    {
      caption: 'Alice ends in the middle of a line. Without its end it is not answered.',
      action: { client: 'alice', types: 'unfinished\u0004\u0004' },
      expect: [
        { client: 'alice', receivesNothingFor: 300 },
        { client: 'alice', ends: true },
      ],
    },
  ],
});
