import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'rot13-bufferevent',
  title: 'A ROT13 server on bufferevents',
  predict:
    'The longest line has 16,384 bytes. What should a server do with a longer one: cut it, break it in two, or end the connection?',
  server: {
    program: 'server.ts',
    port: 40713,
    ready: 'Listening on port 40713',
    // A crowd needs 1,000.
    descriptors: 1100,
    ways: [
      { name: 'plain', label: 'as it is', args: [] },
      {
        name: 'short-lines',
        label: 'with lines of at most 20 bytes',
        args: ['--max-line', '20'],
        scenario: [
          {
            caption:
              'The high watermark is 20 here instead of 16,384, so that a line can be too long without filling the screen. 19 bytes and a line end are no trouble.',
            action: { client: 'alice', types: 'nineteen bytes here\n' },
            expect: [{ client: 'alice', receives: 'avargrra olgrf urer\n' }],
          },
          {
            caption:
              'A line of 26 bytes. The input is full after 20 and takes no more, so the read callback answers these as if they were a line. The other 6 follow as a line of their own.',
            action: { client: 'alice', types: 'abcdefghijklmnopqrstuvwxyz\n' },
            expect: [{ client: 'alice', receives: 'nopqrstuvwxyzabcdefg\nhijklm\n' }],
          },
          {
            question: {
              asks: 'Now a line of exactly 20 bytes, and its line end. What comes back?',
              choices: ['one line', 'one line and an empty one', 'two lines of 10 bytes'],
              right: 'one line and an empty one',
            },
            caption:
              'Exactly 20 bytes. They fill the input before their line end comes. So they are answered, and the line end that comes then is an empty line. libevent’s own example does just that.',
            action: { client: 'bob', types: 'twenty bytes in here\n' },
            expect: [{ client: 'bob', receives: 'gjragl olgrf va urer\n\n' }],
          },
          {
            caption: 'The next line is an ordinary one. Nothing was lost.',
            action: { client: 'bob', types: 'next\n' },
            expect: [
              { client: 'bob', receives: 'arkg\n' },
              { client: 'alice', receivesNothingFor: 300 },
            ],
          },
          {
            caption:
              'Several short lines may come together and be longer than the watermark. They arrive 20 bytes at a time, and each is answered as it should be.',
            action: { client: 'alice', types: 'one\u0004\ntwo\u0004\nthree\u0004\nfour\n' },
            expect: [{ client: 'alice', receives: 'bar\ngjb\nguerr\nsbhe\n' }],
          },
        ],
      },
      {
        name: 'freed-early',
        label: 'freed at the end of file',
        patch: [
          {
            replace: `
              // bufferevent_free() drops what is still in the output, and a client that has said all it has to
              // say may still be reading.
              if (!(events & BEV_EVENT_ERROR) && bev.getOutput().getLength() > 0) {
                console.log(\`Descriptor \${bev.getFd()}: \${reason}, still sending\`);
                bev.disable(EV_READ);
                bev.setCb(null, lastWritecb, eventcb, null);
                return;
              }
            `,
            by: '',
          },
          {
            replace: `
              function lastWritecb(bev: Bufferevent): void {
                console.log(\`Descriptor \${bev.getFd()}: all sent, closing\`);
                bev.free();
              }
            `,
            by: '',
          },
          {
            replace: 'bev.enable(EV_READ | EV_WRITE);',
            by: `
              // A very slow connection: 8 bytes at once, and then 8 an hour.
              bev.setRateLimit(new EvTokenBucketCfg(1 << 20, 1 << 20, 8, 8, 3600));
              bev.enable(EV_READ | EV_WRITE);
            `,
          },
          { replace: 'EVUTIL_SOCKET_ERROR,', by: 'EVUTIL_SOCKET_ERROR,\nEvTokenBucketCfg,' },
        ],
        scenario: [
          {
            caption:
              'The event callback frees the bufferevent at the end of file, whatever is left in the output. To leave something there, each connection is slow here: it takes 8 bytes, and no more for an hour. Alice’s answer has 6.',
            action: { client: 'alice', types: 'Hello\n' },
            expect: [{ client: 'alice', receives: 'Uryyb\n' }],
          },
          {
            question: {
              asks: 'Bob types “last words” and presses Ctrl-D at once. His answer has 11 bytes. What does he get?',
              choices: ['all 11 bytes', 'the first 8 bytes', 'nothing'],
              right: 'the first 8 bytes',
            },
            caption: 'Bob types a last line and presses Ctrl-D at once. His answer has 11 bytes.',
            action: { client: 'bob', types: 'last words\n\u0004' },
            expect: [
              { client: 'bob', receives: 'ynfg jbe' },
              { client: 'bob', ends: true },
            ],
            explanation:
              '8 bytes go out, and 3 wait in the output. Then the end of file comes, the event callback frees the bufferevent, and the 3 bytes are gone with it. No call fails, and the server prints no error.',
          },
          {
            caption: 'Carol connects. Her connection is just as slow.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
          },
          {
            question: {
              asks: 'Carol does what Bob did, but her line is “Hello”. What does she lose?',
              choices: ['her whole answer', 'the end of her answer', 'nothing'],
              right: 'nothing',
            },
            caption: 'She does what Bob did, with a shorter line.',
            action: { client: 'carol', types: 'Hello\n\u0004' },
            expect: [
              { client: 'carol', receives: 'Uryyb\n' },
              { client: 'carol', ends: true },
            ],
            explanation:
              'Her 6 bytes are out before the bufferevent is freed. As long as answers are short and connections are fast, this mistake does not show. That makes it hard to find.',
          },
        ],
      },
      {
        name: 'timeout',
        label: 'with a timeout of 5 seconds',
        args: ['--timeout', '5'],
        scenario: [
          {
            caption:
              'A client may be silent for 5 seconds here, and Alice and Bob say nothing. The event callback gets BEV_EVENT_TIMEOUT for each of them, and the server closes.',
            expect: [
              { program: 'server', prints: 'silent for too long' },
              { client: 'alice', ends: true },
              { client: 'bob', ends: true },
            ],
          },
          {
            caption: 'Carol comes. The server itself has no timeout.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
          },
          {
            caption:
              'She hands over half a line at once. It counts too, because the timeout looks at bytes and not at lines: her 5 seconds start anew.',
            action: { client: 'carol', types: 'half a li\u0004' },
            promptly: true,
            expect: [{ client: 'carol', receivesNothingFor: 300 }],
          },
          {
            caption:
              'After that she says nothing. Her half line never got its end, so the server closes without an answer.',
            expect: [{ client: 'carol', ends: true }],
          },
          {
            caption: 'Dave comes.',
            action: { client: 'dave', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
          },
          {
            caption: 'He says something in time, and is answered.',
            action: { client: 'dave', types: 'in time\n' },
            promptly: true,
            expect: [{ client: 'dave', receives: 'va gvzr\n' }],
            explanation:
              'A timeout of bev.setTimeouts() begins anew with every byte. A client only has to say something now and then.',
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
        'One process, two bufferevents, one for Alice and one for Bob. Nobody types and nothing runs.',
      expect: [
        { gauge: 'processes', program: 'server', is: 1 },
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
        { program: 'server', printsNothingFor: 300 },
      ],
    },
    {
      caption:
        'Bob types. His bufferevent has already read the line into its input when the read callback runs. The callback takes it out with readln, and puts the answer into the output.',
      action: { client: 'bob', types: 'No recv, no send\n' },
      expect: [
        { client: 'bob', receives: 'Ab erpi, ab fraq\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      question: {
        asks: 'Alice hands over half a line. The read callback runs and calls readln. What does it get?',
        choices: [
          'the half line',
          'nothing, and the bytes stay in the input',
          'nothing: readln waits for the rest',
        ],
        right: 'nothing, and the bytes stay in the input',
      },
      caption:
        'Half a line of Alice’s. The callback runs and readln finds no line, so the bytes stay in the input. No FdState has to keep them.',
      action: { client: 'alice', types: 'half a li\u0004' },
      expect: [{ client: 'alice', receivesNothingFor: 300 }],
    },
    {
      caption: 'Carol connects and gets a bufferevent of her own.',
      action: { client: 'carol', connects: true },
      expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
    },
    {
      caption: 'Carol types while Alice’s line is unfinished.',
      action: { client: 'carol', types: 'Hello\n' },
      expect: [
        { client: 'carol', receives: 'Uryyb\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption: 'Now the line is whole.',
      action: { client: 'alice', types: 'ne\n' },
      expect: [{ client: 'alice', receives: 'unys n yvar\n' }],
    },
    {
      question: {
        asks: 'Bob types a line and ends his side at once. Does he still get his answer?',
        choices: ['yes', 'no'],
        right: 'yes',
      },
      caption:
        'Bob types a last line and ends his side. The event callback gets BEV_EVENT_EOF. To free the bufferevent would drop what is still in its output, so the program looks there first.',
      action: { client: 'bob', types: 'last words\n\u0004' },
      expect: [
        { client: 'bob', receives: 'ynfg jbeqf\n' },
        { program: 'server', prints: 'end of file' },
        { client: 'bob', ends: true },
      ],
      explanation:
        'Bob has ended only his own side. The answer can still go the other way, if the server sends it before it closes.',
    },
    {
      caption: 'Carol is still there. One connection’s end is no business of another’s.',
      action: { client: 'carol', types: 'still here\n' },
      expect: [
        { client: 'carol', receives: 'fgvyy urer\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
  ],
});
