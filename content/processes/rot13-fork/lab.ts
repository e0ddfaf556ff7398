import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'rot13-fork',
  title: 'A ROT13 server with a process for each client',
  predict:
    'This server has a process for each client. If Bob types before Alice, who has to wait? And if a thousand clients come, what will stop it?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    forks: true,
    // What a crowd meets: with more, memory would be used up before.
    processes: 112,
    ways: [
      { name: 'plain', label: 'as it is' },
      {
        name: 'connection-open',
        label: 'without close(fd) in the parent',
        patch: [
          {
            replace: `
              // The connection is the child's now. As long as the parent has it open too, the client never
              // hears that the child has closed it.
              close(fd);
            `,
            by: '',
          },
        ],
        scenario: [
          {
            caption:
              'After each fork, the parent keeps its own descriptor for the connection. Nothing shows yet: Alice is answered as before.',
            action: { client: 'alice', types: 'Hello\n' },
            expect: [
              { client: 'alice', receives: 'Uryyb\n' },
              { gauge: 'processes', program: 'server', is: 3 },
            ],
          },
          {
            question: {
              asks: 'Alice presses Ctrl-D. Her child reads end of file and exits. What does Alice see?',
              choices: ['the server closes its side too', 'nothing', 'her connection is reset'],
              right: 'nothing',
            },
            caption: 'Alice presses Ctrl-D, and her child exits.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { program: 'server', prints: 'end of file, so this process ends' },
              { gauge: 'processes', program: 'server', is: 2 },
              { client: 'alice', staysOpenFor: 1500 },
            ],
            explanation:
              'The child’s descriptor is closed. But the parent has one for the same connection, and Bob’s child inherited another. To the kernel the connection is open, so it sends Alice no end.',
          },
          {
            caption:
              'Bob says goodbye. He gets his answer, and his child exits. Only the parent is left.',
            action: { client: 'bob', types: 'Good bye!\n\u0004' },
            expect: [
              { client: 'bob', receives: 'Tbbq olr!\n' },
              { gauge: 'processes', program: 'server', is: 1 },
            ],
          },
          {
            caption: 'No process serves Alice and Bob any more, and both of them wait.',
            expect: [
              { client: 'alice', staysOpenFor: 1500 },
              { client: 'bob', staysOpenFor: 1500 },
            ],
          },
          {
            question: {
              asks: 'Both children have exited. Carol connects. Which descriptor does she get?',
              choices: [
                'the one that was Alice’s',
                'the one that was Bob’s',
                'the one after Bob’s',
              ],
              right: 'the one after Bob’s',
            },
            caption: 'Carol connects. Compare the numbers in the server’s terminal.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
            explanation:
              'A new descriptor gets the lowest free number, and the parent still has those of Alice and Bob. Each client uses up one more. This program may have 128, and after that accept() fails.',
          },
        ],
      },
      {
        name: 'zombies',
        label: 'without reaping the children',
        patch: [
          {
            replace: `
              // A child that has ended stays in the process table as a zombie until its parent asks how it
              // ended. This tells the kernel that nobody will ask.
              sigaction(SIGCHLD, new Sigaction(SIG_IGN), null);
            `,
            by: '',
          },
          { replace: 'SIGCHLD,', by: '' },
          { replace: 'SIG_IGN,', by: '' },
          { replace: 'Sigaction,', by: '' },
          { replace: 'sigaction,', by: '' },
        ],
        scenario: [
          {
            caption:
              'Here the parent does not tell the kernel that it will never ask how a child ended. As long as nobody leaves, that makes no difference.',
            expect: [
              { gauge: 'processes', program: 'server', is: 3 },
              { gauge: 'zombies', program: 'server', is: 0 },
            ],
          },
          {
            question: {
              asks: 'Alice leaves, and her child exits. How many processes does the tree show?',
              choices: ['two', 'two, and one that is dead', 'three'],
              right: 'two, and one that is dead',
            },
            caption: 'Alice leaves, and her child exits. Look at the tree.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { client: 'alice', ends: true },
              { gauge: 'processes', program: 'server', is: 2 },
              { gauge: 'zombies', program: 'server', is: 1 },
            ],
            explanation:
              'The kernel frees the child’s memory and closes its descriptors, so Alice’s connection ends. But it keeps an entry that says how the child ended, in case the parent asks. Such an entry is called a zombie.',
          },
          {
            caption: 'Bob leaves, too: two zombies.',
            action: { client: 'bob', halfCloses: true },
            expect: [
              { client: 'bob', ends: true },
              { gauge: 'zombies', program: 'server', is: 2 },
            ],
          },
          {
            caption: 'Carol connects. There is a child again, and the zombies stay.',
            action: { client: 'carol', connects: true },
            expect: [
              { gauge: 'processes', program: 'server', is: 2 },
              { gauge: 'zombies', program: 'server', is: 2 },
            ],
          },
          {
            question: {
              asks: 'Two zombies are in the tree. Can Carol tell?',
              choices: ['yes: she waits for them', 'yes: her answers come later', 'no'],
              right: 'no',
            },
            caption: 'Carol types a line.',
            action: { client: 'carol', types: 'Anybody dead here?\n' },
            expect: [{ client: 'carol', receives: 'Nalobql qrnq urer?\n' }],
            explanation:
              'She is served like anybody else. A zombie takes no processor time, and no memory but its entry in the kernel’s table of processes.',
          },
          {
            question: {
              asks: 'Carol leaves. The server runs on for a month, and clients come and go. What will fail one day?',
              choices: [
                'accept(): no descriptor is free',
                'fork(): there are too many processes',
                'nothing: zombies disappear after a while',
              ],
              right: 'fork(): there are too many processes',
            },
            caption: 'Carol leaves.',
            action: { client: 'carol', halfCloses: true },
            expect: [
              { client: 'carol', ends: true },
              { gauge: 'processes', program: 'server', is: 1 },
              { gauge: 'zombies', program: 'server', is: 3 },
            ],
            explanation:
              'Each client leaves one zombie, which stays until the parent asks for it or ends. It keeps its process number and counts as a process of its user. When no more are allowed, fork() fails with EAGAIN.',
          },
        ],
      },
      {
        name: 'listener-open',
        label: 'with the listener left open in the child',
        patch: [
          {
            replace: `
              // The child has a copy of every descriptor. With this one it would keep the port taken even
              // after the parent's end.
              close(listener);
            `,
            by: '',
          },
          {
            replace: `
              if (bind(listener, { family: 'IPv4', address: '127.0.0.1', port }) < 0) {
                perror('bind');
                return -1;
              }
            `,
            by: `
              while (bind(listener, { family: 'IPv4', address: '127.0.0.1', port }) < 0) {
                perror('bind');
                nanosleep(new Timespec(1));
              }
            `,
          },
          {
            replace: 'for (;;) doAccept(listener);',
            by: `
              for (let clients = 0; clients < 3; clients++) doAccept(listener);
              // What a restart does to the port: the old listener is closed, and a new one wanted.
              console.log('Restart: closing the listener');
              close(listener);
              const again = newListener(port);
              console.log(\`Listening on port \${port} again\`);
              for (;;) doAccept(again);
            `,
          },
        ],
        scenario: [
          {
            caption:
              'Each child keeps its descriptor for the listening socket. This server also restarts after three clients: the parent closes its listening socket and opens another one. So far there are two clients.',
            expect: [{ gauge: 'processes', program: 'server', is: 3 }],
          },
          {
            question: {
              asks: 'Carol is the third. The parent closes its listening socket and wants a new one on the same port. What does bind() say?',
              choices: ['the port is free', 'the port is taken', 'only root may do that'],
              right: 'the port is taken',
            },
            caption: 'Carol connects. The parent tries once a second until it gets the port.',
            action: { client: 'carol', connects: true },
            expect: [
              { program: 'server', prints: 'closing the listener' },
              { program: 'server', prints: 'bind: Address already in use' },
            ],
            explanation:
              'The parent has closed only its own descriptor. Three children still have theirs, so the old socket listens on, and bind() fails with EADDRINUSE.',
          },
          {
            question: {
              asks: 'No process calls accept() now. Dave connects. What becomes of him?',
              choices: ['he is refused', 'he is connected', 'his connect() does not return'],
              right: 'he is connected',
            },
            caption: 'Dave connects.',
            action: { client: 'dave', connects: true },
            expect: [{ gauge: 'processes', program: 'server', is: 4 }],
            explanation:
              'To the kernel the old socket is listening. So it completes Dave’s connection and puts it into the queue of that socket.',
          },
          {
            caption: 'No child calls accept(), so nobody takes Dave out of that queue.',
            action: { client: 'dave', types: 'Is anybody there?\n' },
            expect: [
              { client: 'dave', receivesNothingFor: 1500 },
              { client: 'dave', staysOpenFor: 1500 },
            ],
          },
          {
            caption: 'Alice leaves. Two children still hold the port.',
            action: { client: 'alice', halfCloses: true },
            expect: [
              { client: 'alice', ends: true },
              { gauge: 'processes', program: 'server', is: 3 },
              { program: 'server', prints: 'bind: Address already in use' },
            ],
          },
          {
            caption: 'Bob leaves. Carol’s child still holds it.',
            action: { client: 'bob', halfCloses: true },
            expect: [
              { client: 'bob', ends: true },
              { gauge: 'processes', program: 'server', is: 2 },
              { program: 'server', prints: 'bind: Address already in use' },
            ],
          },
          {
            question: {
              asks: 'Carol leaves, and her child has the last descriptor for the old socket. What becomes of Dave, who is in its queue?',
              choices: [
                'the new listener takes him over',
                'his connection is reset',
                'he waits on',
              ],
              right: 'his connection is reset',
            },
            caption: 'Carol leaves. Her child exits, and now the old socket is closed.',
            action: { client: 'carol', halfCloses: true },
            expect: [
              { client: 'carol', ends: true },
              { client: 'dave', notes: 'The connection was reset.' },
              { program: 'server', prints: 'Listening on port 40713 again' },
            ],
            explanation:
              'The queue belongs to the socket and ends with it, so the kernel resets Dave’s connection. The parent has its port again, and a new queue.',
          },
        ],
      },
    ],
  },
  clients: ['alice', 'bob'],
  crowd: true,
  gauges: ['processes', 'zombies', 'memory'],
  scenario: [
    {
      question: {
        asks: 'Alice and Bob are connected. How many processes is the server now?',
        answer: '3',
        accepts: ['three'],
      },
      caption:
        'Look at the process tree. The first process waits in accept() for the next client. Its two children wait in recv(), one for Alice and one for Bob.',
      expect: [{ gauge: 'processes', program: 'server', is: 3 }],
      explanation: 'One for each client, and one that accepts.',
    },
    {
      caption:
        'Bob types first. His child gets the line at once and answers it. Alice’s child sleeps on.',
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
      caption: 'Alice types half a line and presses Ctrl-D, which sends what she has typed.',
      action: { client: 'alice', types: 'half a li\u0004' },
      expect: [{ client: 'alice', receivesNothingFor: 300 }],
      explanation:
        'Her child keeps the half in its own memory and waits in recv() for the rest. It answers a line when the end of the line is there.',
    },
    {
      caption:
        'Carol connects. accept() returns, the parent calls fork(), and there is a fourth process. The child prints how long the fork took.',
      action: { client: 'carol', connects: true },
      expect: [
        { program: 'server', prints: 'forked in' },
        { gauge: 'processes', program: 'server', is: 4 },
      ],
    },
    {
      caption: 'Alice types the other half and its end. All of the line comes back.',
      action: { client: 'alice', types: 'ne\n' },
      expect: [{ client: 'alice', receives: 'unys n yvar\n' }],
    },
    {
      caption:
        'Nobody types. Four processes sleep, each in one system call, and none of them uses any processor time.',
      expect: [
        { program: 'server', printsNothingFor: 500 },
        { client: 'alice', receivesNothingFor: 500 },
        { client: 'bob', receivesNothingFor: 500 },
        { client: 'carol', receivesNothingFor: 500 },
      ],
    },
    {
      caption:
        'Alice types a last line and presses Ctrl-D. She gets her answer. Then her child reads end of file and exits: three processes again.',
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
        choices: [
          'the half, in ROT13',
          'nothing, and his connection ends',
          'nothing: his child waits',
        ],
        right: 'nothing, and his connection ends',
      },
      caption:
        'Bob stops in the middle of a line. Two processes are left: the parent, and Carol’s child.',
      action: { client: 'bob', types: 'unfinished\u0004\u0004' },
      expect: [
        { client: 'bob', receivesNothingFor: 300 },
        { client: 'bob', ends: true },
        { gauge: 'processes', program: 'server', is: 2 },
      ],
      explanation: 'His line never got its end, so there is nothing to answer.',
    },
  ],
});
