import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'rot13-fork',
  title: 'A ROT13 server with a process for each client',
  predict:
    'Alice and Bob connect, and the server has a process for each client. How many processes is the server then? And if Bob types before Alice, who has to wait?',
  server: { program: 'server.ts', port: 40713, ready: 'Listening on port 40713', forks: true },
  clients: ['alice', 'bob'],
  gauges: ['processes', 'memory'],
  scenario: [
    {
      question: {
        asks: 'Alice and Bob are connected. How many processes is the server now?',
        answer: '3',
        accepts: ['three'],
      },
      caption:
        'Alice and Bob are connected, and the server is three processes. The first waits in accept() for further clients. Two children of it wait in recv(), one for Alice and one for Bob.',
      expect: [{ gauge: 'processes', program: 'server', is: 3 }],
      explanation: 'One for each client, and the one that goes on accepting.',
    },
    {
      caption:
        'Bob types first. His child has the line at once and answers it. Alice’s child waits as before: it has nothing to do with Bob.',
      action: { client: 'bob', types: 'Nobody waits for Alice.\n' },
      expect: [
        { client: 'bob', receives: 'Abobql jnvgf sbe Nyvpr.\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      question: {
        asks: 'Alice hands over half a line, without its end. What does she get back?',
        choices: ['the half, in ROT13', 'nothing yet', 'an error'],
        right: 'nothing yet',
      },
      caption:
        'Alice types half a line and presses Ctrl-D, which hands the half over. Her child keeps it in its own memory and waits on in recv(): a line is answered when its end is there.',
      action: { client: 'alice', types: 'half a li\u0004' },
      expect: [{ client: 'alice', receivesNothingFor: 300 }],
    },
    {
      caption:
        'Carol connects. accept() returns, the server calls fork(), and there is a fourth process. See how long the fork took.',
      action: { client: 'carol', connects: true },
      expect: [
        { program: 'server', prints: 'forked in' },
        { gauge: 'processes', program: 'server', is: 4 },
      ],
    },
    {
      caption: 'The other half of Alice’s line, with its end. Now all of it comes back.',
      action: { client: 'alice', types: 'ne\n' },
      expect: [{ client: 'alice', receives: 'unys n yvar\n' }],
    },
    {
      caption:
        'Nobody types. Four processes wait, each in one system call, and none of them takes any time of a processor.',
      expect: [
        { program: 'server', printsNothingFor: 500 },
        { client: 'alice', receivesNothingFor: 500 },
        { client: 'bob', receivesNothingFor: 500 },
        { client: 'carol', receivesNothingFor: 500 },
      ],
    },
    {
      caption:
        'Alice types a last line and presses Ctrl-D behind it. She gets her answer. Then her child reads end of file and exits, and no zombie stays behind: three processes again.',
      action: { client: 'alice', types: 'Good bye!\n\u0004' },
      expect: [
        { client: 'alice', receives: 'Tbbq olr!\n' },
        { program: 'server', prints: 'end of file, so this process ends' },
        { client: 'alice', ends: true },
        { gauge: 'processes', program: 'server', is: 3 },
      ],
    },
    {
      question: {
        asks: 'Bob types half a line and ends his side. What does he get?',
        choices: ['the half, in ROT13', 'nothing', 'his child waits for the rest'],
        right: 'nothing',
      },
      caption:
        'Bob ends his side within a line. That line never got its end, so nobody answers it. Two processes are left: the parent, and Carol’s child.',
      action: { client: 'bob', types: 'unfinished\u0004\u0004' },
      expect: [
        { client: 'bob', receivesNothingFor: 300 },
        { client: 'bob', ends: true },
        { gauge: 'processes', program: 'server', is: 2 },
      ],
    },
  ],
});
