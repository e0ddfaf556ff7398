import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'rot13-bufferevent',
  title: 'A ROT13 server on bufferevents',
  predict:
    'A line may have 16,384 bytes. What should a server do with a longer one: cut it off, break it in two, or close the connection?',
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
              'The input holds 20 bytes here instead of 16,384, so a line can be too long without filling your screen. 19 bytes and a line end fit.',
            action: { client: 'alice', types: 'nineteen bytes here\n' },
            expect: [{ client: 'alice', receives: 'avargrra olgrf urer\n' }],
          },
          {
            caption:
              'A line of 26 bytes. After 20 the input is full, so the read callback answers those 20 as if they were a line. The other 6 become a line of their own.',
            action: { client: 'alice', types: 'abcdefghijklmnopqrstuvwxyz\n' },
            expect: [{ client: 'alice', receives: 'nopqrstuvwxyzabcdefg\nhijklm\n' }],
          },
          {
            question: {
              asks: 'Bob sends a line of exactly 20 bytes, then its line end. What comes back?',
              choices: ['one line', 'one line and an empty one', 'two lines of 10 bytes'],
              right: 'one line and an empty one',
            },
            caption: 'A line of exactly 20 bytes.',
            action: { client: 'bob', types: 'twenty bytes in here\n' },
            expect: [{ client: 'bob', receives: 'gjragl olgrf va urer\n\n' }],
            explanation:
              'The 20 bytes fill the input before the line end fits, so the server answers them. Then the line end arrives, with nothing before it: an empty line.',
          },
          {
            caption: 'The next line is answered as usual. No byte was lost.',
            action: { client: 'bob', types: 'next\n' },
            expect: [
              { client: 'bob', receives: 'arkg\n' },
              { client: 'alice', receivesNothingFor: 300 },
            ],
          },
          {
            caption:
              'Four short lines arrive together and are longer than the input. The bufferevent reads them 20 bytes at a time, and each line gets its answer.',
            action: { client: 'alice', types: 'one\u0004\ntwo\u0004\nthree\u0004\nfour\n' },
            expect: [{ client: 'alice', receives: 'bar\ngjb\nguerr\nsbhe\n' }],
          },
        ],
      },
      {
        name: 'stuck',
        label: 'with short lines, and nothing done about longer ones',
        args: ['--max-line', '20'],
        patch: [
          {
            replace: `
              if (input.getLength() >= maxLine) {
                // The line is too long. The input is full and takes no more, so answer what is there as if it
                // were a line, and go on.
                const part = Buffer.alloc(input.getLength());
                input.remove(part);
                output.add(part.map(rot13Char));
                output.add('\\n');
              }

              // This client doesn't read its answers. Read nothing more from it until they are out.
            `,
            by: `
              // This client doesn't read its answers. Read nothing more from it until they are out.
            `,
          },
        ],
        scenario: [
          {
            caption: 'The input holds 20 bytes. A line of 19 and its line end fit.',
            action: { client: 'alice', types: 'nineteen bytes here\n' },
            expect: [{ client: 'alice', receives: 'avargrra olgrf urer\n' }],
          },
          {
            question: {
              asks: 'Alice sends 26 letters and a line end. What does she get?',
              choices: ['the first 20 letters', 'all 26, when the line end is there', 'nothing'],
              right: 'nothing',
            },
            caption: 'Alice sends a line of 26 bytes.',
            action: { client: 'alice', types: 'abcdefghijklmnopqrstuvwxyz\n' },
            expect: [{ client: 'alice', receivesNothingFor: 1000 }],
            explanation:
              'The input is full with 20 letters, so the bufferevent reads no more. The line end can’t come in because the input is full, and the input stays full because no line end is in it.',
          },
          {
            question: {
              asks: 'Alice sends a short line after it. Does that get things moving?',
              choices: ['yes', 'no'],
              right: 'no',
            },
            caption: 'Alice sends a short line.',
            action: { client: 'alice', types: 'Hello?\n' },
            expect: [
              { client: 'alice', receivesNothingFor: 1000 },
              { gauge: 'cpu', program: 'server', atMost: 0.2 },
            ],
            explanation:
              'Her line waits in the kernel, behind the rest of the long one. Nothing is read for as long as the connection lasts.',
          },
          {
            caption: 'Bob has an input of his own.',
            action: { client: 'bob', types: 'Hello\n' },
            expect: [{ client: 'bob', receives: 'Uryyb\n' }],
          },
        ],
      },
      {
        name: 'freed-early',
        label: 'freed at the end of file',
        patch: [
          {
            replace: `
              // free() drops what is still in the output, and a client that has ended its own side may still be
              // reading.
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
              'At the end of file, the event callback frees the bufferevent without a look at its output. To keep something there, each connection sends 8 bytes here and then no more for an hour. Alice’s answer has 6.',
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
              '8 bytes go out and 3 wait in the output. Then the end of file comes, the event callback frees the bufferevent, and the 3 bytes are gone. No call fails, and the server prints no error.',
          },
          {
            caption: 'Carol connects. Her connection is as slow as the others.',
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
              'Her 6 bytes are out before the bufferevent is freed. While answers are short and connections are fast, nobody sees this mistake.',
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
              'A client may be silent for 5 seconds here. Alice and Bob are. The event callback gets BEV_EVENT_TIMEOUT for each of them, and the server closes their connections.',
            expect: [
              { program: 'server', prints: 'silent for too long' },
              { client: 'alice', ends: true },
              { client: 'bob', ends: true },
            ],
          },
          {
            caption: 'Carol connects. Her 5 seconds begin.',
            action: { client: 'carol', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
          },
          {
            caption: 'She hands over half a line at once. Any byte starts her 5 seconds anew.',
            action: { client: 'carol', types: 'half a li\u0004' },
            promptly: true,
            expect: [{ client: 'carol', receivesNothingFor: 300 }],
          },
          {
            caption:
              'Then she is silent for too long. Half a line gets no answer, so the server has nothing to send and closes.',
            expect: [{ client: 'carol', ends: true }],
          },
          {
            caption: 'Dave connects.',
            action: { client: 'dave', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
          },
          {
            caption: 'He sends a line in time.',
            action: { client: 'dave', types: 'in time\n' },
            promptly: true,
            expect: [{ client: 'dave', receives: 'va gvzr\n' }],
            explanation:
              'The timeout begins anew whenever bytes arrive. A client that sends one letter every 4 seconds can stay for ever, and an attack called slowloris does that with thousands of connections.',
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
        'One process, and a bufferevent for each client. Nobody types, and the server sleeps.',
      expect: [
        { gauge: 'processes', program: 'server', is: 1 },
        { gauge: 'cpu', program: 'server', atMost: 0.2 },
        { program: 'server', printsNothingFor: 300 },
      ],
    },
    {
      caption:
        'Bob sends a line. His bufferevent reads it into its input and calls the read callback. The callback takes the line out with readln and puts the answer into the output.',
      action: { client: 'bob', types: 'No recv, no send\n' },
      expect: [
        { client: 'bob', receives: 'Ab erpi, ab fraq\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      question: {
        asks: 'Alice hands over half a line. The read callback runs and calls readln. What does readln do?',
        choices: [
          'it returns the half line',
          'it returns null, and the bytes stay in the input',
          'it waits for the rest',
        ],
        right: 'it returns null, and the bytes stay in the input',
      },
      caption: 'Alice hands over half a line.',
      action: { client: 'alice', types: 'half a li\u0004' },
      expect: [{ client: 'alice', receivesNothingFor: 300 }],
      explanation:
        'readln finds no line end. The half line stays in the input until its other half comes, and the program needs no FdState for it.',
    },
    {
      caption: 'Carol connects and gets a bufferevent of her own.',
      action: { client: 'carol', connects: true },
      expect: [{ program: 'server', prints: 'Connection from 127.0.0.1' }],
    },
    {
      caption: 'Carol sends a line while Alice’s is unfinished.',
      action: { client: 'carol', types: 'Hello\n' },
      expect: [
        { client: 'carol', receives: 'Uryyb\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption: 'Alice sends the other half.',
      action: { client: 'alice', types: 'ne\n' },
      expect: [{ client: 'alice', receives: 'unys n yvar\n' }],
    },
    {
      question: {
        asks: 'Bob sends a line and ends his side at once. Does he still get his answer?',
        choices: ['yes', 'no'],
        right: 'yes',
      },
      caption: 'Bob sends a last line and presses Ctrl-D.',
      action: { client: 'bob', types: 'last words\n\u0004' },
      expect: [
        { client: 'bob', receives: 'ynfg jbeqf\n' },
        { program: 'server', prints: 'end of file' },
        { client: 'bob', ends: true },
      ],
      explanation:
        'Bob has ended only his own side. The event callback gets BEV_EVENT_EOF and looks into the output first. If an answer is left there, it goes out before the bufferevent is freed.',
    },
    {
      caption: 'Carol is still connected. The end of Bob’s connection is not hers.',
      action: { client: 'carol', types: 'still here\n' },
      expect: [
        { client: 'carol', receives: 'fgvyy urer\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
  ],
});
