import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'borrowed-memory',
  title: 'Memory that is still being sent',
  predict:
    'The server writes every answer into the same piece of memory, and hands that to the output without a copy. What does Alice get?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening on port 9876' },
  clients: ['alice', 'bob'],
  scenario: [
    {
      question: {
        asks: 'The server answers each line twice: as it came, and then in capitals. Alice types “hello”. What does she get?',
        choices: ['hello, HELLO', 'hello, hello', 'HELLO, HELLO', 'HELLO'],
        right: 'HELLO, HELLO',
      },
      caption: 'Alice types a line.',
      action: { client: 'alice', types: 'hello\n' },
      expect: [{ client: 'alice', receives: 'HELLO\nHELLO\n' }],
      explanation:
        'Adding to the output sends nothing yet. When the send came, both answers pointed to the same bytes, and by then those were capitals.',
    },
    {
      caption: 'Bob has the same luck.',
      action: { client: 'bob', types: 'me too\n' },
      expect: [{ client: 'bob', receives: 'ME TOO\nME TOO\n' }],
    },
  ],
  exercise: {
    task: 'Make every answer right, however many lines come at once. The output may go on pointing to memory of the program’s own, but nothing may be written there while it is still needed.',
    hints: [
      'One place is not enough: until an answer has been sent, its place is taken. How do you find out that it is free again?',
      'addReference() takes a callback as its second argument, and calls it when nobody needs the bytes any more. Its third argument is handed to that callback.',
      'Keep a list of free places. Take one for each answer, make a new one if the list is empty, and put a place back only in the callback.',
    ],
    solution: 'solution.ts',
    check: 'check.ts',
  },
});
