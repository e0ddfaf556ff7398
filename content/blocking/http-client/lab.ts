import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'http-client',
  title: 'An HTTP client made of blocking calls',
  predict:
    'The client makes five kinds of calls: getaddrinfo(), socket(), connect(), send() and recv(). The server is slow. Which of them wait, and for what?',
  server: { program: 'server.ts', port: 8080, ready: 'Listening on port 8080' },
  programs: [
    {
      name: 'http-client',
      program: 'http-client.ts',
      starts: 'on-demand',
      ways: [
        { name: 'page', label: 'a slow page', args: ['slow.example', '8080', '/'] },
        {
          name: 'upload',
          label: 'an upload of 16 MB',
          args: ['slow.example', '8080', '/upload', '16000000'],
        },
        { name: 'wrong-name', label: 'a wrong name', args: ['slwo.example', '8080', '/'] },
        {
          name: 'refused',
          label: 'a port where nobody listens',
          args: ['slow.example', '8081', '/'],
        },
        {
          name: 'early',
          label: 'a page that breaks off',
          args: ['slow.example', '8080', '/early'],
        },
      ],
    },
  ],
  hosts: ['slow.example'],
  clients: ['alice'],
  scenario: [
    {
      question: {
        asks: 'The client fetches a page. In which of its calls will it spend its time?',
        choices: ['getaddrinfo()', 'connect()', 'send()', 'recv()'],
        right: 'recv()',
      },
      caption: 'The client starts. It prints a line before each call and another one after it.',
      action: { program: 'http-client', starts: 'page' },
      expect: [
        { program: 'http-client', prints: 'connected' },
        { program: 'http-client', prints: 'bytes taken' },
        { program: 'http-client', prints: 'recv(' },
        { program: 'server', prints: 'Host: slow.example:8080' },
      ],
      explanation:
        'The name is in /etc/hosts, connect() needs only the other side’s kernel, and send() only copies the request into the client’s own kernel. recv() needs the server program itself.',
    },
    {
      caption:
        'The server has the request and takes its time. Until it sends something, recv() does not return, and the client can do nothing else.',
      expect: [{ program: 'http-client', printsNothingFor: 400 }],
    },
    {
      caption: 'Each piece that arrives lets one recv() return, and the next one waits again.',
      expect: [
        { program: 'http-client', prints: 'returned after' },
        { program: 'http-client', prints: 'recv(' },
      ],
    },
    {
      caption:
        'The last recv() returns 0: the server has closed its side. The client compares what came with what the server had promised.',
      expect: [
        { program: 'http-client', prints: '0 bytes, the server has closed its side' },
        { program: 'http-client', prints: 'The answer is complete' },
        { program: 'http-client', exits: 0 },
      ],
    },
    {
      question: {
        asks: 'Now the client sends 16 MB in one send(), and for six seconds the server reads nothing. When does send() return?',
        choices: ['at once', 'when the server has begun to read', 'never'],
        right: 'when the server has begun to read',
      },
      caption: 'The upload begins.',
      action: { program: 'http-client', starts: 'upload' },
      expect: [
        { program: 'http-client', prints: 'connected' },
        { program: 'http-client', prints: 'send(' },
        { program: 'server', prints: 'POST /upload' },
      ],
    },
    {
      caption:
        'The client’s send buffer is full, and so is the server’s receive buffer. Nothing moves until the server reads.',
      expect: [{ program: 'http-client', printsNothingFor: 400 }],
    },
    {
      caption: 'The server reads. That makes room, and the client’s kernel takes the rest.',
      expect: [
        { program: 'server', prints: 'reading the upload' },
        { program: 'http-client', prints: 'bytes taken' },
        { program: 'http-client', prints: 'The answer is complete' },
        { program: 'http-client', exits: 0 },
      ],
      explanation:
        'send() waits for room in the client’s own kernel. It had room for a part of the 16 MB. The rest fitted only when the server took bytes out at the other end.',
    },
    {
      caption:
        'Two letters of the name are swapped. It is not in /etc/hosts, and the sandbox has no name server to ask. Without an address there is nothing to connect to.',
      action: { program: 'http-client', starts: 'wrong-name' },
      expect: [
        { program: 'http-client', prints: 'Can’t find slwo.example.' },
        { program: 'http-client', exits: 1 },
      ],
    },
    {
      caption:
        'The right name and the wrong port. The other kernel answers that nobody listens there, and connect() returns -1.',
      action: { program: 'http-client', starts: 'refused' },
      expect: [
        { program: 'http-client', prints: '-1, Connection refused' },
        { program: 'http-client', exits: 1 },
      ],
    },
    {
      question: {
        asks: 'The server closes the connection in the middle of a page. What does recv() return then?',
        choices: ['-1, an error', '0, as at the end of a page', 'nothing: it goes on waiting'],
        right: '0, as at the end of a page',
      },
      caption: 'This page breaks off.',
      action: { program: 'http-client', starts: 'early' },
      expect: [
        { program: 'http-client', prints: '0 bytes, the server has closed its side' },
        { program: 'http-client', prints: 'The answer is incomplete' },
        { program: 'http-client', exits: 1 },
      ],
      explanation:
        'TCP can say that one side has closed. It can’t say whether the page was meant to end there. Only Content-Length tells the client that something is missing.',
    },
    {
      caption:
        'Alice needs no program for this. HTTP is text, so she types a request, ends it with an empty line, and gets the same kind of answer.',
      action: { client: 'alice', types: 'GET /quick HTTP/1.0\n\n' },
      expect: [
        {
          client: 'alice',
          receives:
            'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n\r\nThat was quick.\n',
        },
        { client: 'alice', ends: true },
      ],
    },
  ],
});
