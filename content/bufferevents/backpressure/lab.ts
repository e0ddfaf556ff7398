import { defineLab } from '../../../lab/definition.ts';

const LIMIT = {
  replace: `
    // Bytes came in on one side. They go out on the other.
    function readcb(bev: Bufferevent, pair: Pair): void {
      const output = pair.other(bev).getOutput();
      output.addBuffer(bev.getInput());
    }
  `,
  by: `
    const MOST_OUTPUT = 256 * 1024;

    // Bytes came in on one side. They go out on the other.
    function readcb(bev: Bufferevent, pair: Pair): void {
      const output = pair.other(bev).getOutput();
      output.addBuffer(bev.getInput());
      // The other side is too slow. Leave the rest in the kernel.
      if (output.getLength() >= MOST_OUTPUT) bev.disable(EV_READ);
    }
  `,
};

export default defineLab({
  id: 'backpressure',
  title: 'A proxy and a slow phone',
  predict:
    'The origin sends 128 MB, as fast as it can, to a phone that reads nothing yet. The proxy is between them. Where will the bytes wait?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    ways: [
      { name: 'no-limit', label: 'without a limit' },
      {
        name: 'read-watermark',
        label: 'with a high watermark for reading',
        patch: [
          {
            replace: 'side.setCb(readcb, writecb, eventcb, pair);',
            by: `
              side.setCb(readcb, writecb, eventcb, pair);
              // The input holds 64 KB at the most.
              side.setWatermark(EV_READ, 0, 64 * 1024);
            `,
          },
        ],
        scenario: [
          {
            caption: 'Alice fetches the small document, as before.',
            action: { client: 'alice', types: 'small\n' },
            expect: [{ client: 'alice', receives: 'This is the small document.\n' }],
          },
          {
            question: {
              asks: 'No input may hold more than 64 KB now. The phone asks for the large document and reads nothing. How large does the proxy grow?',
              choices: [
                'by about 64 KB',
                'by a few megabytes',
                'by more than 100 MB, as without the watermark',
              ],
              right: 'by more than 100 MB, as without the watermark',
            },
            caption:
              'The phone asks for the large document. Watch the memory of “server”, the proxy.',
            action: { program: 'phone', types: '\n' },
            expect: [
              { program: 'origin', prints: 'That was all.' },
              { gauge: 'memory', program: 'server', atLeastTimes: 2.5 },
            ],
            explanation:
              'The watermark limits what the read callback leaves in the input. This callback leaves nothing there: it moves every byte into the output of the other side, and that has no limit.',
          },
          {
            question: {
              asks: 'The phone presses Enter and wants its first 16 MB. What does it get?',
              choices: ['all 16 MB', '64 KB, and then nothing', 'nothing'],
              right: 'all 16 MB',
            },
            caption: 'Enter in the phone’s terminal.',
            action: { program: 'phone', types: '\n' },
            expect: [{ program: 'phone', prints: '16 MB read' }],
            explanation:
              'Nothing is lost, and for the phone nothing is slow. So this mistake shows in the proxy’s memory and nowhere else.',
          },
        ],
      },
      {
        name: 'drained',
        label: 'with reading off until the other side has caught up',
        patch: [
          LIMIT,
          {
            replace: `
              // The output of this side is empty.
              function writecb(bev: Bufferevent, pair: Pair): void {
                const other = pair.other(bev);
                if (pair.ended.has(other)) passEndOn(other, pair);
              }
            `,
            by: `
              // The output of this side is half empty, or empty.
              function writecb(bev: Bufferevent, pair: Pair): void {
                const other = pair.other(bev);
                if (pair.ended.has(other)) passEndOn(other, pair);
                else other.enable(EV_READ);
              }
            `,
          },
          {
            replace: 'side.setCb(readcb, writecb, eventcb, pair);',
            by: `
              side.setCb(readcb, writecb, eventcb, pair);
              side.setWatermark(EV_WRITE, MOST_OUTPUT / 2, 0);
            `,
          },
        ],
        scenario: [
          {
            caption: 'Alice fetches the small document, as before.',
            action: { client: 'alice', types: 'small\n' },
            expect: [{ client: 'alice', receives: 'This is the small document.\n' }],
          },
          {
            question: {
              asks: 'At 256 KB of output the proxy stops reading. How much can the origin send before it has to wait?',
              choices: ['256 KB', 'a few megabytes', 'all 128 MB'],
              right: 'a few megabytes',
            },
            caption: 'The phone asks for the large document and reads nothing.',
            action: { program: 'phone', types: '\n' },
            expect: [
              { program: 'origin', prints: 'nothing was taken for a second' },
              { gauge: 'memory', program: 'server', atMostTimes: 1.5 },
              { gauge: 'cpu', program: 'server', atMost: 0.2 },
            ],
            explanation:
              'The kernel has buffers of its own, two for each direction of each connection. They hold the megabytes. When they are full, TCP tells the origin’s kernel to wait, and send takes nothing more.',
          },
          {
            caption: 'Alice’s connections are not full. She notices nothing.',
            action: { client: 'alice', types: 'small\n' },
            expect: [{ client: 'alice', receives: 'This is the small document.\n' }],
          },
          {
            caption:
              'The phone reads 16 MB. Its socket drains, then the proxy’s output. The write callback turns reading on again, and the origin can send.',
            action: { program: 'phone', types: '\n' },
            expect: [
              { program: 'phone', prints: '16 MB read' },
              { program: 'origin', prints: '16 MB sent' },
            ],
          },
          {
            question: {
              asks: 'The phone reads all the rest, so 128 MB will have passed through the proxy. How much larger has it grown?',
              choices: ['hardly at all', 'by about 16 MB', 'by about 128 MB'],
              right: 'hardly at all',
            },
            caption: 'Enter, seven more times.',
            action: { program: 'phone', types: '\n\n\n\n\n\n\n' },
            expect: [
              { program: 'phone', prints: '128 MB in all' },
              { program: 'origin', prints: 'That was all.' },
              { gauge: 'memory', program: 'server', atMostTimes: 1.5 },
            ],
            explanation:
              'The proxy never held more of it than its limit. It was as fast as the phone, and no faster.',
          },
        ],
      },
      {
        name: 'never-resumes',
        label: 'with reading off, and never on again',
        patch: [LIMIT],
        scenario: [
          {
            caption:
              'The proxy stops reading at 256 KB of output. Nobody has written the other half: no line turns reading on again.',
            action: { client: 'alice', types: 'small\n' },
            expect: [{ client: 'alice', receives: 'This is the small document.\n' }],
          },
          {
            caption: 'The phone asks for the large document and reads nothing.',
            action: { program: 'phone', types: '\n' },
            expect: [
              { program: 'origin', prints: 'nothing was taken for a second' },
              { gauge: 'memory', program: 'server', atMostTimes: 1.5 },
            ],
          },
          {
            question: {
              asks: 'The phone presses Enter and wants 16 MB. What comes?',
              choices: [
                'all 16 MB',
                'what is on its way already, and then nothing ever again',
                'an error',
              ],
              right: 'what is on its way already, and then nothing ever again',
            },
            caption: 'The phone wants its first 16 MB.',
            action: { program: 'phone', types: '\n' },
            expect: [{ program: 'phone', prints: 'and then nothing for three seconds' }],
            explanation:
              'The output and the kernel’s buffers behind it drain. The megabytes before the proxy stay where they are. Both connections are open, no call has failed, and nothing will ever move again.',
          },
          {
            caption: 'Alice fetches the small document.',
            action: { client: 'alice', types: 'small\n' },
            expect: [{ client: 'alice', receives: 'This is the small document.\n' }],
            explanation:
              'A small document never fills an output. So Alice, and most tests, never meet this mistake.',
          },
          {
            question: {
              asks: 'You operate this proxy. What do you see of the mistake?',
              choices: [
                'an error in its terminal',
                'a busy processor',
                'an idle proxy without errors',
              ],
              right: 'an idle proxy without errors',
            },
            caption: 'Look at the proxy’s terminal, “server”, and its gauges.',
            expect: [
              { program: 'server', printsNothingFor: 500 },
              { gauge: 'cpu', program: 'server', atMost: 0.2 },
            ],
            explanation:
              'A connection that will never move again looks like one whose client has nothing to say.',
          },
        ],
      },
    ],
  },
  programs: [
    { name: 'origin', program: 'origin.ts', starts: 'before', ready: 'Listening on port 9877' },
    { name: 'phone', program: 'phone.ts', starts: 'with', ready: 'Press Enter', reads: true },
  ],
  clients: ['alice'],
  gauges: ['cpu', 'memory'],
  scenario: [
    {
      caption:
        'Alice is connected to the proxy, and for her the proxy is connected to the origin. She asks for the small document.',
      action: { client: 'alice', types: 'small\n' },
      expect: [{ client: 'alice', receives: 'This is the small document.\n' }],
    },
    {
      question: {
        asks: 'The phone asks for 128 MB and reads none of it. Where do most of the bytes end up?',
        choices: ['they stay with the origin', 'in the kernel’s buffers', 'in the proxy’s memory'],
        right: 'in the proxy’s memory',
      },
      caption:
        'Somebody presses Enter in the phone’s terminal, and it asks for the large document. Watch the memory of “server”: that is the proxy.',
      action: { program: 'phone', types: '\n' },
      expect: [
        { program: 'origin', prints: 'That was all.' },
        { gauge: 'memory', program: 'server', atLeastTimes: 2.5 },
      ],
      explanation:
        'The proxy read as fast as the origin could send, and put everything into the output of the phone’s connection. The kernel took a few megabytes of it. The output keeps the rest until the phone reads.',
    },
    {
      caption:
        'Alice is served as before, and no call has failed. With thirty such phones the proxy would need 4 GB.',
      action: { client: 'alice', types: 'small\n' },
      expect: [{ client: 'alice', receives: 'This is the small document.\n' }],
    },
    {
      question: {
        asks: 'The phone gives up before it has read a byte. What does the proxy do with what it has kept for it?',
        choices: ['it sends it', 'it throws it away', 'it keeps it'],
        right: 'it throws it away',
      },
      caption: 'Ctrl-C in the phone’s terminal.',
      action: { program: 'phone', interrupts: true },
      expect: [{ program: 'server', prints: 'closing both sides' }],
      explanation:
        'The phone left bytes unread, so its kernel resets the connection. The event callback hears of an error and frees both sides, with all that was in their outputs. Fetching those 128 MB was work for nothing.',
    },
  ],
});
