import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'rot13-event',
  title: 'A ROT13 server on events',
  predict:
    'With epoll, poll or select the program is the same, and only the system call underneath is different. Can a client tell which it is?',
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
              'The callback of the timer computes for two seconds, and in two seconds the timer is due again. So the loop comes round only between one computation and the next.',
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
            caption: 'Bob types. See how long it takes.',
            action: { client: 'bob', types: 'Is anybody there?\n' },
            expect: [{ client: 'bob', receives: 'Vf nalobql gurer?\n', notBefore: 1500 }],
            explanation:
              'His line is in the kernel at once, but the loop is in the callback. When that returns, the read event runs and adds the write event. The timer is due as well, so the loop computes for another two seconds before it comes to write.',
          },
          {
            caption:
              'Alice has to wait, too. A program with one loop does one thing at a time, and everybody waits for the slowest callback.',
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
              'The kernel makes the connection and puts it into the listener’s queue. The server hears of it when the callback returns.',
          },
        ],
      },
      {
        name: 'without-persist',
        label: 'without EV_PERSIST',
        patch: [
          {
            replace: `
              // EV_PERSIST: it stays added when it has run. Without, it would have to be added each time.
              this.readEvent = new Event<FdState>(base, fd, EV_READ | EV_PERSIST, doRead, this);
            `,
            by: 'this.readEvent = new Event<FdState>(base, fd, EV_READ, doRead, this);',
          },
        ],
        scenario: [
          {
            question: {
              asks: 'The read events have no EV_PERSIST. Bob types two lines, one after the other. Which of them are answered?',
              choices: ['both', 'only the first', 'neither'],
              right: 'both',
            },
            caption:
              'Bob’s read event has no EV_PERSIST, so the base forgets it before it runs. Bob types his first line.',
            action: { client: 'bob', types: 'Hello\n' },
            expect: [{ client: 'bob', receives: 'Uryyb\n' }],
          },
          {
            caption: 'And his second.',
            action: { client: 'bob', types: 'Again\n' },
            expect: [{ client: 'bob', receives: 'Ntnva\n' }],
            explanation:
              'When the answer is out, doWrite adds the read event again. So as long as each read brings a whole line, nothing is amiss.',
          },
          {
            caption: 'Alice hands over half a line.',
            action: { client: 'alice', types: 'half a li\u0004' },
            expect: [{ client: 'alice', receivesNothingFor: 300 }],
          },
          {
            question: {
              asks: 'Now Alice sends the other half, with its line end. What does she get?',
              choices: ['the whole line', 'only the second half', 'nothing'],
              right: 'nothing',
            },
            caption: 'The other half.',
            action: { client: 'alice', types: 'ne\n' },
            expect: [{ client: 'alice', receivesNothingFor: 1500 }],
            explanation:
              'The first half made her read event run. There was nothing to write, so nobody added the event again. The second half is in the kernel, ready to be read, and nobody watches for it any more.',
          },
          {
            caption: 'Alice ends her side. The server does not hear of that either.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { client: 'alice', receivesNothingFor: 1500 },
              { client: 'alice', staysOpenFor: 1500 },
            ],
          },
          {
            caption: 'Bob’s event was added again after his last line, so Bob is still served.',
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
        'The server has said which system call it waits with: event_base_get_method knows. Nobody types, and it does wait.',
      expect: [
        { gauge: 'processes', program: 'server', is: 1 },
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption:
        'Bob types. His read event runs, then his write event, which is added only while there is something to send. A third event needs no descriptor: the timer, which runs every two seconds and speaks up if there were lines.',
      action: { client: 'bob', types: 'An event for Bob\n' },
      expect: [
        { client: 'bob', receives: 'Na rirag sbe Obo\n' },
        { client: 'alice', receivesNothingFor: 300 },
        { program: 'server', prints: 'Timer: lines in 2 s: 1' },
      ],
    },
    {
      question: {
        asks: 'Bob’s read event has run once. What has to happen before it can run again?',
        choices: ['the server adds it again', 'nothing', 'libevent makes a new event'],
        right: 'nothing',
      },
      caption:
        'Bob again. His read event has run before, and nobody has added it a second time: it has EV_PERSIST, and stays.',
      action: { client: 'bob', types: 'Once more\n' },
      expect: [{ client: 'bob', receives: 'Bapr zber\n' }],
      explanation:
        'Without EV_PERSIST libevent takes an event out before it runs the callback, and the program has to add it again.',
    },
    {
      caption:
        'Alice’s half line waits in the FdState that her events carry. Nobody waits with it.',
      action: { client: 'alice', types: 'half a li\u0004' },
      expect: [{ client: 'alice', receivesNothingFor: 300 }],
    },
    {
      caption:
        'Carol connects: the listening socket has a read event like everybody else, with another callback.',
      action: { client: 'carol', connects: true },
      expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
    },
    {
      caption:
        'Alice ends her line and her side. She is answered first, then the server frees her two events and closes the descriptor.',
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
        'Somebody presses Ctrl-C in the server’s terminal. The signal is an event too: its callback ends the loop, and the program ends in order, with status 0.',
      action: { program: 'server', interrupts: true },
      expect: [
        { program: 'server', prints: 'SIGINT: leaving the loop, connections open: 2' },
        { program: 'server', exits: 0 },
        { client: 'bob', ends: true },
        { client: 'carol', ends: true },
      ],
      explanation:
        'SIGINT kills a program that does nothing about it. This one has an event for it.',
    },
  ],
});
