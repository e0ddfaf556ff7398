import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'rot13-event',
  title: 'A ROT13 server on events',
  predict:
    'The program is the same in all three ways to run it, and only the system call underneath is another. Can a client tell which it is?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    ways: [
      { name: 'epoll', label: 'with epoll', args: ['--method', 'epoll'] },
      { name: 'poll', label: 'with poll', args: ['--method', 'poll'] },
      { name: 'select', label: 'with select', args: ['--method', 'select'] },
    ],
  },
  clients: ['alice', 'bob'],
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
        'SIGINT kills a program that has made no arrangements. This one has an event for it.',
    },
  ],
});
