import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'rot13-select',
  title: 'A ROT13 server on select',
  predict:
    'Alice sends half a line. Is her bit in the write set then? If not, when does it get there?',
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
              asks: 'Every client is in the write set, even if there is nothing to send to it. Nobody types. What does select() do?',
              choices: [
                'it waits until somebody types',
                'it returns at once, again and again',
                'it fails with an error',
              ],
              right: 'it returns at once, again and again',
            },
            caption: 'Nobody types. Look at the meters.',
            expect: [
              { gauge: 'cpu', program: 'server', atLeast: 0.5 },
              { gauge: 'calls', program: 'server', atLeast: 1000 },
            ],
            explanation:
              'A socket can be written to when its buffer in the kernel has room, and it nearly always has. So select() has something to report each time, and never waits.',
          },
          {
            caption:
              'Bob types, and is answered. To him this is a server like any other. So nobody notices the mistake until the bill for the processor comes.',
            action: { client: 'bob', types: 'Is anything wrong?\n' },
            expect: [
              { client: 'bob', receives: 'Vf nalguvat jebat?\n' },
              { client: 'alice', receivesNothingFor: 300 },
            ],
          },
          {
            caption:
              'Nobody types again, and the processor is as busy as before. This is the spinning server of the last chapter, with select() in it.',
            expect: [
              { program: 'server', printsNothingFor: 500 },
              { gauge: 'cpu', program: 'server', atLeast: 0.5 },
            ],
          },
          {
            question: {
              asks: 'Alice leaves, and only Bob is left in the write set. How busy is the processor then?',
              choices: ['as busy as before', 'half as busy', 'idle'],
              right: 'as busy as before',
            },
            caption: 'Alice leaves.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { client: 'alice', ends: true },
              { gauge: 'cpu', program: 'server', atLeast: 0.5 },
            ],
            explanation: 'One socket that can always be written to is enough.',
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
              'The listening socket is only ever in the read set. The write set is empty now, so select() waits until somebody connects.',
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
              'The server took every descriptor below 1,021 before anybody came. So Alice has 1,021 and Bob 1,022. See where their bits are in the sets.',
            expect: [{ gauge: 'descriptors', program: 'server', atLeast: 1000 }],
          },
          {
            caption:
              'Both are served as usual. For these two the kernel goes through all bits from 0 up to the highest descriptor. It takes 64 at a time, so that costs it next to nothing.',
            action: { client: 'bob', types: 'Hello from 1022\n' },
            expect: [
              { client: 'bob', receives: 'Uryyb sebz 1022\n' },
              { client: 'alice', receivesNothingFor: 300 },
            ],
          },
          {
            caption: 'Carol connects, and gets 1,023. Hers is the last bit of the set.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'on descriptor 1023' }],
          },
          {
            caption: 'Carol types. The last bit is as good as any other.',
            action: { client: 'carol', types: 'the last one\n' },
            expect: [{ client: 'carol', receives: 'gur ynfg bar\n' }],
          },
          {
            question: {
              asks: 'Dave connects, and accept() returns descriptor 1,024 for him. What becomes of Dave?',
              choices: [
                'he is served like the others',
                'the server closes his connection',
                'he waits until a bit is free',
              ],
              right: 'the server closes his connection',
            },
            caption:
              'Dave connects. There is no bit 1,024. In C, FD_SET would quietly write into whatever memory lies behind the set. This server checks first.',
            action: { client: 'dave', triesToConnect: true },
            expect: [
              { program: 'server', prints: 'an fd_set has no bit for descriptor 1024' },
              { client: 'dave', notes: 'The server closed the connection.' },
              { client: 'dave', ends: true },
            ],
            explanation:
              'The limit is the size of the fd_set in glibc, the C library of most Linux systems. The kernel itself would take longer sets: select(2).',
          },
          {
            caption: 'Alice types. The three clients who have a bit noticed nothing.',
            action: { client: 'alice', types: 'still here\n' },
            expect: [
              { client: 'alice', receives: 'fgvyy urer\n' },
              { client: 'bob', receivesNothingFor: 300 },
              { client: 'carol', receivesNothingFor: 300 },
            ],
          },
          {
            caption: 'Carol leaves, and descriptor 1,023 is free again.',
            action: { client: 'carol', halfCloses: true },
            expect: [
              { program: 'server', prints: 'Descriptor 1023: end of file, closing' },
              { client: 'carol', ends: true },
            ],
          },
          {
            caption:
              'Erin connects, and gets it. This server has room for three clients at a time.',
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
        'Alice and Bob are connected to one process. Nobody types. select() waits for both of them and for the listening socket.',
      expect: [
        { gauge: 'processes', program: 'server', is: 1 },
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
        { program: 'server', printsNothingFor: 500 },
      ],
    },
    {
      caption:
        'Bob types. select() leaves his bit in the read set, and the server reads his line. Now it has an answer for him, so it puts his bit into the write set for the next call.',
      action: { client: 'bob', types: 'Any order will do\n' },
      expect: [
        { client: 'bob', receives: 'Nal beqre jvyy qb\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption: 'Bob’s answer is sent. The write set is empty again, and the server sleeps.',
      expect: [{ gauge: 'cpu', program: 'server', atMost: 0.2 }],
    },
    {
      question: {
        asks: 'Alice sends half a line. Is her bit in the write set of the next call?',
        choices: ['yes', 'no'],
        right: 'no',
      },
      caption:
        'Alice sends half a line. No child or thread is there to keep it in a local variable, so it goes into the FdState of her descriptor.',
      action: { client: 'alice', types: 'half a li\u0004' },
      expect: [{ client: 'alice', receivesNothingFor: 300 }],
      explanation:
        'A client is in the write set while there is something to send to it. Half a line has no answer yet.',
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
        'Carol connects meanwhile. A client that waits to be accepted counts as something to read on the listening socket. There is still one process.',
      action: { client: 'carol', connects: true },
      expect: [
        { program: 'server', prints: 'Connection from 127.0.0.1' },
        { gauge: 'processes', program: 'server', is: 1 },
      ],
    },
    {
      caption: 'Alice sends the rest of her line. Both halves come back together.',
      action: { client: 'alice', types: 'ne\n' },
      expect: [
        { client: 'alice', receives: 'unys n yvar\n' },
        { client: 'carol', receivesNothingFor: 300 },
      ],
    },
    {
      caption:
        'Bob types a last line and ends his side right after it. The server sends his answer first, and then closes.',
      action: { client: 'bob', types: 'last words\n\u0004' },
      expect: [
        { client: 'bob', receives: 'ynfg jbeqf\n' },
        { program: 'server', prints: 'end of file, closing' },
        { client: 'bob', ends: true },
      ],
    },
    {
      caption: 'Alice ends her side in the middle of a line. A line without an end gets no answer.',
      action: { client: 'alice', types: 'unfinished\u0004\u0004' },
      expect: [
        { client: 'alice', receivesNothingFor: 300 },
        { client: 'alice', ends: true },
      ],
    },
  ],
});
