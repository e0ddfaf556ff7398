import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'rot13-threads',
  title: 'A ROT13 server with a thread for each client',
  predict:
    'Now each client gets a thread instead of a process. Which of the two starts faster, and which takes less memory?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    // Each thread has some five of its own.
    descriptors: 1100,
    // What a crowd meets: with more, there would be no memory for them.
    processes: 20,
    ways: [
      { name: 'plain', label: 'as it is' },
      {
        name: 'crash',
        label: 'with a line that crashes it',
        patch: [
          {
            replace: 'formatAddress,\nlisten,',
            by: 'formatAddress,\ngetpid,\nkill,\nlisten,',
          },
          { replace: 'PollFds,', by: 'PollFds,\nSIGSEGV,' },
          {
            replace: `
              outbuf[outbufUsed++] = LF;
              if (!sendAll(fd, outbuf, outbufUsed)) return strerror(errno());
            `,
            by: `
              outbuf[outbufUsed++] = LF;
              // Stands for a bug in native code: the signal that the kernel sends to a process that
              // touches memory it does not have.
              if (outbuf.toString('latin1', 0, outbufUsed) === 'penfu\\n') kill(getpid(), SIGSEGV);
              if (!sendAll(fd, outbuf, outbufUsed)) return strerror(errno());
            `,
          },
        ],
        scenario: [
          {
            question: {
              asks: 'Alone on a line, the word “crash” crashes whatever reads it. Say the server with a process for each client had that bug, and Alice typed the word. What would become of Bob?',
              choices: ['he would be served as before', 'his connection would end, too'],
              right: 'he would be served as before',
            },
            caption: 'Bob types a line. Alice has not typed the word yet.',
            action: { client: 'bob', types: 'Nice and quiet here\n' },
            expect: [{ client: 'bob', receives: 'Avpr naq dhvrg urer\n' }],
            explanation:
              'It would kill Alice’s child, which is a process of its own. You can see it: make the same change in the lab above.',
          },
          {
            question: {
              asks: 'Here Alice and Bob each have a thread. She types “crash”. What becomes of Bob?',
              choices: [
                'he is served as before',
                'his connection ends, too',
                'his next line gets no answer',
              ],
              right: 'his connection ends, too',
            },
            caption: 'Alice types the word.',
            action: { client: 'alice', types: 'crash\n' },
            expect: [
              { client: 'alice', ends: true },
              { client: 'bob', ends: true },
            ],
            explanation:
              'The signal kills the process, and all threads with it. Then the kernel closes the descriptors of the process, and Bob’s is one of them.',
          },
        ],
      },
    ],
  },
  clients: ['alice', 'bob'],
  crowd: true,
  gauges: ['processes', 'threads', 'memory'],
  scenario: [
    {
      question: {
        asks: 'Alice and Bob are connected. How many processes is this server?',
        answer: '1',
        accepts: ['one'],
      },
      caption:
        'Alice and Bob each have a thread, and all threads are in one process. The gauge counts some threads of Node’s own, too.',
      expect: [
        { gauge: 'processes', program: 'server', is: 1 },
        { gauge: 'threads', program: 'server', is: 8 },
      ],
    },
    {
      question: {
        asks: 'Bob types, and Alice says nothing. Who has to wait?',
        choices: ['Bob, for Alice', 'nobody', 'Bob, until Alice’s thread is done'],
        right: 'nobody',
      },
      caption: 'Bob types first.',
      action: { client: 'bob', types: 'My own thread\n' },
      expect: [
        { client: 'bob', receives: 'Zl bja guernq\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
      explanation:
        'Bob’s thread answers. Alice’s thread is blocked in recv() meanwhile, and that holds up nobody but her.',
    },
    {
      question: {
        asks: 'Carol connects. Is her thread cheaper than a process made by fork()?',
        choices: [
          'yes, in time and in memory',
          'no, it takes more of both',
          'there is no difference',
        ],
        right: 'no, it takes more of both',
      },
      caption: 'Carol connects. Watch the memory, and the time that the server prints.',
      action: { client: 'carol', connects: true },
      expect: [
        { program: 'server', prints: 'started in' },
        { gauge: 'threads', program: 'server', is: 9 },
      ],
      explanation:
        'Each worker starts a JavaScript engine of its own, which takes far more time and memory than a fork did. In C it is the other way round: there a thread needs little more than a stack.',
    },
    {
      caption: 'Alice’s half line waits in a buffer of her own thread.',
      action: { client: 'alice', types: 'half a li\u0004' },
      expect: [{ client: 'alice', receivesNothingFor: 300 }],
    },
    {
      caption: 'Carol is served while Alice’s line is unfinished.',
      action: { client: 'carol', types: 'Hello\n' },
      expect: [
        { client: 'carol', receives: 'Uryyb\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption: 'Alice ends her line, and it comes back whole.',
      action: { client: 'alice', types: 'ne\n' },
      expect: [{ client: 'alice', receives: 'unys n yvar\n' }],
    },
    {
      caption: 'Nobody types, and nothing moves. Every thread waits in a system call.',
      expect: [
        { program: 'server', printsNothingFor: 500 },
        { client: 'bob', receivesNothingFor: 500 },
      ],
    },
    {
      caption:
        'Alice types a last line and presses Ctrl-D. She gets her answer. Then her thread closes the descriptor and ends.',
      action: { client: 'alice', types: 'Good bye!\n\u0004' },
      expect: [
        { client: 'alice', receives: 'Tbbq olr!\n' },
        { program: 'server', prints: 'end of file, so this thread ends' },
        { client: 'alice', ends: true },
        { gauge: 'threads', program: 'server', is: 8 },
      ],
    },
    {
      caption: 'Bob is still there.',
      action: { client: 'bob', types: 'still here\n' },
      expect: [{ client: 'bob', receives: 'fgvyy urer\n' }],
    },
  ],
});
