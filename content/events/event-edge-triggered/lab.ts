import { defineLab } from '../../../lab/definition.ts';

/** The loop of the program, up to the line that some ways change. */
const BOUNDED = `
  for (let reads = 0; reads < MOST_READS; reads++) {
    if (!readOnce(connection)) return;
  }
  // No edge will come for what is left. A timer that is due at once calls this function again, and
  // before that the base looks after everybody else.
  connection.goOn.add(0);
`;
const LIMIT = `
  const MOST_READS = 64;
  const BACKLOG = 512;
`;
const NO_LIMIT = { replace: LIMIT, by: 'const BACKLOG = 512;' };
const READ_ONCE = [NO_LIMIT, { replace: BOUNDED, by: 'readOnce(connection);' }];

const ALICE_WAITS = {
  choices: ['at once', 'when the flood has ended', 'never'],
  right: 'when the flood has ended',
};

export default defineLab({
  id: 'event-edge-triggered',
  title: 'A server that is told once',
  predict:
    'epoll reports to this server, once, that Bob’s socket has become readable. His line is longer than what one recv takes. What becomes of the rest?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    ways: [
      {
        name: 'once',
        label: 'one read for each edge',
        patch: READ_ONCE,
      },
      {
        name: 'until-eagain',
        label: 'reading until EAGAIN',
        patch: [NO_LIMIT, { replace: BOUNDED, by: 'while (readOnce(connection));' }],
        scenario: [
          {
            question: {
              asks: 'The server reads until recv returns EAGAIN. How many calls of recv does it make for 30 bytes?',
              answer: '3',
              accepts: ['three'],
            },
            caption: 'Bob types his 30 bytes.',
            action: { client: 'bob', types: 'Thirty bytes are in this line\n' },
            expect: [{ client: 'bob', receives: 'Guvegl olgrf ner va guvf yvar\n' }],
            explanation:
              'Two calls bring 16 bytes and 14. The third returns -1 with EAGAIN: there are no more bytes, and no end of file either. Whatever comes next will be an edge.',
          },
          {
            caption:
              'A second program connects and sends, without a pause, as fast as the server can read.',
            action: { program: 'flood', starts: true },
            expect: [{ program: 'flood', prints: 'MB sent' }],
          },
          {
            question: {
              asks: 'The flood goes on. Alice types a line. When does she get her answer?',
              ...ALICE_WAITS,
            },
            caption: 'Alice types a line.',
            action: { client: 'alice', types: 'Can you hear me?\n' },
            expect: [
              { client: 'alice', receivesNothingFor: 1500 },
              { program: 'flood', prints: 'MB sent' },
            ],
            explanation:
              'EAGAIN would mean that the flood’s socket is empty, and it never is: it fills faster than 16 bytes at a time can leave it. So the callback for the flood doesn’t return, the loop doesn’t come round, and nobody asks epoll about Alice.',
          },
          {
            caption:
              'Carol comes too late as well. The kernel makes her connection. The server doesn’t accept it.',
            action: { client: 'carol', connects: true },
            expect: [
              { program: 'server', printsNothingFor: 1500 },
              { client: 'alice', receivesNothingFor: 300 },
            ],
          },
          {
            caption: 'Somebody ends the flood.',
            action: { program: 'flood', interrupts: true },
            expect: [
              { program: 'server', prints: 'closing' },
              { client: 'alice', receives: 'Pna lbh urne zr?\n' },
              { program: 'server', prints: 'A client on descriptor' },
            ],
            within: 60_000,
            explanation:
              'The server read what the kernel still had of the flood, then its end of file. The callback returned, and Alice and Carol were next.',
          },
        ],
      },
      {
        name: 'active',
        label: '64 reads, then active()',
        patch: [
          {
            replace: `
              // No edge will come for what is left. A timer that is due at once calls this function again, and
              // before that the base looks after everybody else.
              connection.goOn.add(0);
            `,
            by: `
              // No edge will come for what is left. So the base is told to call this function again.
              connection.readEvent.active(EV_READ);
            `,
          },
        ],
        scenario: [
          {
            caption:
              'After 64 reads the callback returns, and has told the base to call it again: active() puts its event among those that are to run.',
            action: { program: 'flood', starts: true },
            expect: [{ program: 'flood', prints: 'MB sent' }],
          },
          {
            question: {
              asks: 'The callback for the flood returns after every 64 reads. Alice types. When does she get her answer?',
              ...ALICE_WAITS,
            },
            caption: 'Alice types a line.',
            action: { client: 'alice', types: 'Can you hear me?\n' },
            expect: [
              { client: 'alice', receivesNothingFor: 1500 },
              { program: 'flood', prints: 'MB sent' },
            ],
            explanation:
              'The base runs all active events before it calls epoll_wait again. Each time it has run this one, it is active again, so the base never gets that far.',
          },
          {
            question: {
              asks: 'Carol connects. Accepting is another event. Does its callback run?',
              choices: ['yes', 'no'],
              right: 'no',
            },
            caption: 'Carol connects.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', printsNothingFor: 1500 }],
            explanation:
              'Her event would have to become active first. Only epoll_wait can say that a client waits at the listening socket, and nobody calls it.',
          },
          {
            caption: 'Somebody ends the flood.',
            action: { program: 'flood', interrupts: true },
            expect: [
              { program: 'server', prints: 'closing' },
              { client: 'alice', receives: 'Pna lbh urne zr?\n' },
              { program: 'server', prints: 'A client on descriptor' },
            ],
            within: 60_000,
          },
        ],
      },
      {
        name: 'timer',
        label: '64 reads, then a timer',
        scenario: [
          {
            caption: 'Bob types his 30 bytes. The server reads until the socket is empty.',
            action: { client: 'bob', types: 'Thirty bytes are in this line\n' },
            expect: [{ client: 'bob', receives: 'Guvegl olgrf ner va guvf yvar\n' }],
          },
          {
            caption:
              'The flood begins. After 64 reads the callback sets a timer that is due at once, and returns.',
            action: { program: 'flood', starts: true },
            expect: [{ program: 'flood', prints: 'MB sent' }],
          },
          {
            question: {
              asks: 'The flood goes on. Alice types a line. When does she get her answer?',
              choices: ALICE_WAITS.choices,
              right: 'at once',
            },
            caption: 'Alice types a line.',
            action: { client: 'alice', types: 'Can you hear me?\n' },
            expect: [
              { client: 'alice', receives: 'Pna lbh urne zr?\n' },
              { program: 'flood', prints: 'MB sent' },
            ],
            explanation:
              'A timer is for the next turn of the loop, and a turn begins with epoll_wait. That is where Alice’s line is found, so she and the flood take turns.',
          },
          {
            caption: 'Carol connects in the middle of the flood, and the server accepts her.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'A client on descriptor' }],
          },
          {
            caption: 'Carol gets her answer. Nothing that the flood sends can keep it back.',
            action: { client: 'carol', types: 'Me too\n' },
            expect: [
              { client: 'carol', receives: 'Zr gbb\n' },
              { program: 'flood', prints: 'MB sent' },
            ],
          },
          {
            caption:
              'Bob ends his side. The end of file is an edge too, and the server reads until it is there.',
            action: { client: 'bob', halfCloses: true },
            expect: [
              { program: 'server', prints: 'end of file, closing' },
              { client: 'bob', ends: true },
            ],
          },
        ],
      },
      {
        name: 'level',
        label: 'one read, without EV_ET',
        patch: [
          ...READ_ONCE,
          {
            replace: `
              import {
                EV_ET,
                EV_PERSIST,
            `,
            by: `
              import {
                EV_PERSIST,
            `,
          },
          {
            replace: `
              this.readEvent = new Event<Connection>(base, fd, EV_READ | EV_PERSIST | EV_ET, doRead, this);
              // Either all events of a descriptor are edge-triggered, or none is.
              this.writeEvent = new Event<Connection>(base, fd, EV_WRITE | EV_ET, doWrite, this);
            `,
            by: `
              this.readEvent = new Event<Connection>(base, fd, EV_READ | EV_PERSIST, doRead, this);
              this.writeEvent = new Event<Connection>(base, fd, EV_WRITE, doWrite, this);
            `,
          },
        ],
        scenario: [
          {
            question: {
              asks: 'EV_ET is gone. The server reads once for each call, and Bob types his 30 bytes. What comes back?',
              choices: ['his line', 'nothing'],
              right: 'his line',
            },
            caption: 'Bob types his 30 bytes.',
            action: { client: 'bob', types: 'Thirty bytes are in this line\n' },
            expect: [{ client: 'bob', receives: 'Guvegl olgrf ner va guvf yvar\n' }],
            explanation:
              'Without EV_ET, epoll reports that the socket is readable for as long as it is. With 14 bytes left, the next epoll_wait returned at once.',
          },
          {
            caption: 'The flood begins.',
            action: { program: 'flood', starts: true },
            expect: [{ program: 'flood', prints: 'MB sent' }],
          },
          {
            question: {
              asks: 'The flood goes on. Alice types a line. When does she get her answer?',
              choices: ALICE_WAITS.choices,
              right: 'at once',
            },
            caption: 'Alice types a line.',
            action: { client: 'alice', types: 'Can you hear me?\n' },
            expect: [
              { client: 'alice', receives: 'Pna lbh urne zr?\n' },
              { program: 'flood', prints: 'MB sent' },
            ],
            explanation:
              'One read, one epoll_wait, one read. The base asks about everybody before the flood has its next turn.',
          },
          {
            caption: 'Bob ends his side. The server gets to the end of file, and closes.',
            action: { client: 'bob', halfCloses: true },
            expect: [
              { program: 'server', prints: 'end of file, closing' },
              { client: 'bob', ends: true },
            ],
          },
        ],
      },
    ],
  },
  programs: [{ name: 'flood', program: 'flood.ts', starts: 'on-demand' }],
  clients: ['alice', 'bob'],
  gauges: ['cpu', 'calls'],
  scenario: [
    {
      caption: 'Bob’s line has 14 bytes. One recv takes up to 16, so it gets all of them.',
      action: { client: 'bob', types: 'Hello, Alice!\n' },
      expect: [{ client: 'bob', receives: 'Uryyb, Nyvpr!\n' }],
    },
    {
      question: {
        asks: 'Bob’s next line has 30 bytes. What comes back?',
        choices: ['his line', 'the first 16 bytes of it', 'nothing'],
        right: 'nothing',
      },
      caption: 'Bob types 30 bytes.',
      action: { client: 'bob', types: 'Thirty bytes are in this line\n' },
      expect: [
        { client: 'bob', receivesNothingFor: 1500 },
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
      ],
      explanation:
        'The server read 16 bytes and found no line end in them. The other 14 are still in the socket, so it has been readable all the time. But epoll reports an edge, the moment at which it became readable, and that moment is past. The server sleeps.',
    },
    {
      question: {
        asks: 'Bob types one more line, of 60 bytes. What comes back now?',
        choices: ['the answer to the line before', 'the answers to both lines', 'nothing'],
        right: 'the answer to the line before',
      },
      caption: 'Bob types 60 bytes.',
      action: {
        client: 'bob',
        types: 'Is anybody there? I have sent you a line before this one...\n',
      },
      expect: [{ client: 'bob', receives: 'Guvegl olgrf ner va guvf yvar\n' }],
      explanation:
        'New bytes are a new edge, and an edge is one read. Its 16 bytes are the missing 14 and two of the new line. From now on Bob’s answers are late by a line or more.',
    },
    {
      question: {
        asks: 'Bob ends his side of the connection. What does the server do?',
        choices: [
          'it answers his last line, and closes',
          'it answers his last line, and keeps the connection',
          'it answers nothing, and keeps the connection',
        ],
        right: 'it answers nothing, and keeps the connection',
      },
      caption: 'Bob ends his side, and waits for the answer that is still missing.',
      action: { client: 'bob', halfCloses: true },
      expect: [
        { client: 'bob', receivesNothingFor: 1500 },
        { client: 'bob', staysOpenFor: 1500 },
        { program: 'server', printsNothingFor: 1500 },
      ],
      explanation:
        'The end is an edge as well, and brings one more read. Behind it some 40 bytes are left, and behind those the end of file, which no recv will ever reach. Nothing more can come from Bob, so there will be no other edge. The server keeps his descriptor until it is ended.',
    },
    {
      caption: 'Alice’s lines are short. As far as she can see, the server is fine.',
      action: { client: 'alice', types: 'I am fine\n' },
      expect: [{ client: 'alice', receives: 'V nz svar\n' }],
    },
  ],
});
