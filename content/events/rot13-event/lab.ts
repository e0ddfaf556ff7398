import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'rot13-event',
  title: 'A ROT13 server on events',
  predict:
    'With epoll, poll or select the program is the same. Only the system call that it waits in is another. Can a client tell which one it is?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    // A crowd needs 1,000.
    descriptors: 1100,
    ways: [
      { name: 'epoll', label: 'with epoll', args: ['--method', 'epoll'] },
      { name: 'poll', label: 'with poll', args: ['--method', 'poll'] },
      { name: 'select', label: 'with select', args: ['--method', 'select'] },
      {
        name: 'slow-callback',
        label: 'with a callback that computes for two seconds',
        patch: [
          {
            replace: 'function report(): void {',
            by: `
              function report(): void {
                // Two seconds of work, every two seconds.
                const end = performance.now() + 2000;
                while (performance.now() < end);
            `,
          },
        ],
        scenario: [
          {
            caption:
              'The timer’s callback computes for two seconds, and the timer is due every two seconds. So the loop gets to its other events only between one computation and the next.',
            expect: [{ gauge: 'cpu', program: 'server', atLeast: 0.5 }],
          },
          {
            question: {
              asks: 'Bob types a line while the callback computes. How long does he wait for his answer?',
              choices: [
                'not at all: reading is another event',
                'up to two seconds',
                'two to four seconds',
              ],
              right: 'two to four seconds',
            },
            caption: 'Bob types, and waits.',
            action: { client: 'bob', types: 'Is anybody there?\n' },
            expect: [{ client: 'bob', receives: 'Vf nalobql gurer?\n', notBefore: 1500 }],
            explanation:
              'His line is in the kernel at once, but the loop is in the callback. When that returns, the read event runs and adds the write event. By then the timer is due again, so two more seconds pass before the loop comes to write.',
          },
          {
            caption:
              'Alice waits as well. A program with one loop does one thing at a time, and its slowest callback holds up everybody.',
            action: { client: 'alice', types: 'Me too\n' },
            expect: [{ client: 'alice', receives: 'Zr gbb\n', notBefore: 1500 }],
          },
          {
            question: {
              asks: 'Carol connects while the callback computes. When is she connected?',
              choices: ['at once', 'when the callback returns', 'never: connect() gives up'],
              right: 'at once',
            },
            caption: 'Carol connects. Compare her terminal with the server’s.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
            explanation:
              'The kernel makes the connection and queues it at the listening socket. The server hears of it when the callback returns.',
          },
        ],
      },
      {
        name: 'without-persist',
        label: 'without EV_PERSIST',
        patch: [
          {
            replace: `
              // EV_PERSIST: the event stays added. Without it, the base deletes the event before it runs.
              this.readEvent = new Event<FdState>(base, fd, EV_READ | EV_PERSIST, doRead, this);
            `,
            by: 'this.readEvent = new Event<FdState>(base, fd, EV_READ, doRead, this);',
          },
        ],
        scenario: [
          {
            question: {
              asks: 'Without EV_PERSIST, the base deletes a read event before it runs it. Bob types two lines, one after the other. Which of them are answered?',
              choices: ['both', 'only the first', 'neither'],
              right: 'both',
            },
            caption: 'Bob types his first line.',
            action: { client: 'bob', types: 'Hello\n' },
            expect: [{ client: 'bob', receives: 'Uryyb\n' }],
          },
          {
            caption: 'And his second.',
            action: { client: 'bob', types: 'Again\n' },
            expect: [{ client: 'bob', receives: 'Ntnva\n' }],
            explanation:
              'When an answer has gone out, doWrite adds the read event again. As long as each read brings a whole line, nobody notices that the flag is missing.',
          },
          {
            caption: 'Alice sends half a line, with Ctrl-D.',
            action: { client: 'alice', types: 'half a li\u0004' },
            expect: [{ client: 'alice', receivesNothingFor: 300 }],
          },
          {
            question: {
              asks: 'Now Alice sends the other half and the line end. What does she get?',
              choices: ['the whole line', 'only the second half', 'nothing'],
              right: 'nothing',
            },
            caption: 'Alice sends the other half.',
            action: { client: 'alice', types: 'ne\n' },
            expect: [{ client: 'alice', receivesNothingFor: 1500 }],
            explanation:
              'The first half made her read event run. There was no answer to send, so nobody added the event again. The second half has reached the kernel, and nobody watches for it.',
          },
          {
            caption: 'Alice ends her side. The server doesn’t hear of that either.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { client: 'alice', receivesNothingFor: 1500 },
              { client: 'alice', staysOpenFor: 1500 },
            ],
          },
          {
            caption: 'Bob’s event was added again after his last answer, so he is still served.',
            action: { client: 'bob', types: 'Still here\n' },
            expect: [{ client: 'bob', receives: 'Fgvyy urer\n' }],
          },
        ],
      },
    ],
  },
  clients: ['alice', 'bob'],
  crowd: true,
  gauges: ['processes', 'cpu', 'calls'],
  scenario: [
    {
      caption:
        'The server’s first line names the system call that it waits in. Nobody types, and the server sleeps.',
      expect: [
        { gauge: 'processes', program: 'server', is: 1 },
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      question: {
        asks: 'Bob types a line. With which of the three does the server make the most system calls to answer it?',
        choices: ['select', 'poll', 'epoll'],
        right: 'epoll',
      },
      caption:
        'Bob types. His read event runs and adds his write event, which runs in the next turn. The timer’s event needs no descriptor: every two seconds it counts the lines.',
      action: { client: 'bob', types: 'An event for Bob\n' },
      expect: [
        { client: 'bob', receives: 'Na rirag sbe Obo\n' },
        { client: 'alice', receivesNothingFor: 300 },
        { program: 'server', prints: 'Timer: lines in 2 s: 1' },
      ],
      explanation:
        'select or poll, recv, select or poll, send: four calls. epoll keeps the list in the kernel, so each change to the list is a call, too. One epoll_ctl adds the interest in writing, and one removes it: six.',
    },
    {
      question: {
        asks: 'Bob’s read event has run once. What has to happen before it can run again?',
        choices: ['the server adds it again', 'nothing', 'libevent makes a new event'],
        right: 'nothing',
      },
      caption: 'Bob types again. Nobody has added his read event a second time.',
      action: { client: 'bob', types: 'Once more\n' },
      expect: [{ client: 'bob', receives: 'Bapr zber\n' }],
      explanation:
        'It has EV_PERSIST, so it stays added until the program deletes it. Without that flag the base deletes an event before it runs, and the program has to add it again.',
    },
    {
      caption:
        'Alice’s half line waits in the FdState that her events carry. Nobody else has to wait for it.',
      action: { client: 'alice', types: 'half a li\u0004' },
      expect: [{ client: 'alice', receivesNothingFor: 300 }],
    },
    {
      caption:
        'Carol connects. The listening socket has a read event like all the others, with a callback of its own.',
      action: { client: 'carol', connects: true },
      expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
    },
    {
      caption:
        'Alice ends her line and her side. She gets her answer. Then the server frees her two events and closes the descriptor.',
      action: { client: 'alice', types: 'ne\n\u0004' },
      expect: [
        { client: 'alice', receives: 'unys n yvar\n' },
        { program: 'server', prints: 'end of file, closing' },
        { client: 'alice', ends: true },
      ],
    },
    {
      question: {
        asks: 'Somebody presses Ctrl-C in the server’s terminal. How does the server end?',
        choices: ['SIGINT kills it', 'it exits with status 0', 'it does not end'],
        right: 'it exits with status 0',
      },
      caption:
        'Somebody presses Ctrl-C in the server’s terminal. The signal is an event too, and its callback ends the loop.',
      action: { program: 'server', interrupts: true },
      expect: [
        { program: 'server', prints: 'SIGINT: leaving the loop, connections open: 2' },
        { program: 'server', exits: 0 },
        { client: 'bob', ends: true },
        { client: 'carol', ends: true },
      ],
      explanation:
        'SIGINT kills a program that does nothing about it. This program has an event for it, so dispatch() returned and the program came to its end.',
    },
  ],
});
