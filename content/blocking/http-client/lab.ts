import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'http-client',
  title: 'An HTTP client made of blocking calls',
  predict:
    'The server is in no hurry. At which of its calls will the client spend its time: getaddrinfo(), connect(), send() or recv()?',
  server: { program: 'server.ts', port: 8080, ready: 'Listening on port 8080' },
  programs: [
    {
      name: 'http-client',
      program: 'http-client.ts',
      starts: 'on-demand',
      ways: [
        { name: 'page', label: 'the slow page', args: ['slow.example', '8080', '/'] },
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
        asks: 'In which of its calls will the client spend its time?',
        choices: ['getaddrinfo()', 'connect()', 'send()', 'recv()'],
        right: 'recv()',
      },
      caption:
        'The client starts. It prints a line before each call and one after it. Four calls come and go at once, and then recv() has to wait.',
      action: { program: 'http-client', starts: 'page' },
      expect: [
        { program: 'http-client', prints: 'connected' },
        { program: 'http-client', prints: 'bytes taken' },
        { program: 'http-client', prints: 'recv(' },
        { program: 'server', prints: 'Host: slow.example:8080' },
      ],
      explanation:
        'The name is in /etc/hosts, connect() needs only the kernel of the other side, and send() only copies the request into the client’s own kernel. recv() needs something from the server program itself.',
    },
    {
      caption:
        'The server has the request and does nothing about it yet. As long as it says nothing, recv() does not return, and the client can do nothing else.',
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
        'The last recv() returns 0: the server has closed its side. The client counts what came and compares it with what the server had promised.',
      expect: [
        { program: 'http-client', prints: '0 bytes, the server has closed its side' },
        { program: 'http-client', prints: 'The answer is complete' },
        { program: 'http-client', exits: 0 },
      ],
    },
    {
      caption:
        'A slip of the pen in the name. It does not stand in /etc/hosts, and the sandbox has no name server to ask. Without an address there is nothing to connect to.',
      action: { program: 'http-client', starts: 'wrong-name' },
      expect: [
        { program: 'http-client', prints: 'Can’t find slwo.example.' },
        { program: 'http-client', exits: 1 },
      ],
    },
    {
      caption:
        'The right name and the wrong port. The kernel over there answers that nobody listens, and connect() returns -1.',
      action: { program: 'http-client', starts: 'refused' },
      expect: [
        { program: 'http-client', prints: '-1, Connection refused' },
        { program: 'http-client', exits: 1 },
      ],
    },
    {
      question: {
        asks: 'The server closes the connection in the middle of a page. What does recv() return then?',
        choices: ['-1, an error', '0, as at the end of a page', 'nothing: it waits on'],
        right: '0, as at the end of a page',
      },
      caption:
        'This page breaks off. To recv() it is an end of file like any other. Only the count tells the client that something is missing.',
      action: { program: 'http-client', starts: 'early' },
      expect: [
        { program: 'http-client', prints: '0 bytes, the server has closed its side' },
        { program: 'http-client', prints: 'The answer is incomplete' },
        { program: 'http-client', exits: 1 },
      ],
      explanation:
        'TCP can say that one side has closed. It can’t say whether the page was meant to end there. That is what Content-Length is for.',
    },
    {
      caption:
        'Alice needs no program for it. HTTP is text, so she types a request by hand, ends it with an empty line, and gets the same kind of answer.',
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
