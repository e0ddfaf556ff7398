import { defineLab } from '../../../lab/definition.ts';

export default defineLab({
  id: 'listener-ipv6only',
  title: 'A listener on [::] and clients of two kinds',
  predict:
    'The server listens on an IPv6 address, [::]. Alice connects to ::1 and Bob to 127.0.0.1. Does Bob get a connection? And could a second listener have 127.0.0.1 and the same port?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening on port 9876',
    reads: true,
    ways: [
      { name: 'default', label: 'with neither flag', args: ['9876'] },
      {
        name: 'ipv6only',
        label: 'with LEV_OPT_BIND_IPV6ONLY',
        args: ['9876', '--ipv6only'],
        scenario: [
          {
            caption:
              'IPV6_V6ONLY is on this time. Alice comes by IPv6, and it makes no difference to her.',
            action: { client: 'alice', types: 'over IPv6\n' },
            expect: [{ client: 'alice', receives: 'over IPv6\n' }],
          },
          {
            question: {
              asks: 'Bob tries 127.0.0.1. What does he see?',
              choices: ['Connected', 'Connection refused', 'nothing: he waits'],
              right: 'Connection refused',
            },
            caption: 'Bob tries 127.0.0.1.',
            action: { client: 'bob', triesToConnect: true },
            expect: [
              { client: 'bob', notes: 'Connection refused' },
              { program: 'server', printsNothingFor: 300 },
            ],
            explanation: 'Nobody listens for IPv4 on this port, and the kernel says so.',
          },
          {
            caption:
              'So the port is free for IPv4. The server makes a second listener there, with a socket of its own.',
            action: { program: 'server', types: 'ipv4\n' },
            expect: [{ program: 'server', prints: 'listens on 127.0.0.1:9876' }],
          },
          {
            caption:
              'Bob tries again, and the second listener accepts him. His address is an IPv4 one.',
            action: { client: 'bob', connects: true },
            expect: [{ program: 'server', prints: 'Connection from 127.0.0.1:' }],
          },
          {
            caption: 'Both clients are served by one loop, through two listeners.',
            action: { client: 'bob', types: 'over IPv4\n' },
            expect: [
              { client: 'bob', receives: 'over IPv4\n' },
              { client: 'alice', receivesNothingFor: 300 },
            ],
          },
        ],
      },
      {
        name: 'both',
        label: 'with LEV_OPT_BIND_IPV4_AND_IPV6',
        args: ['9876', '--ipv4-and-ipv6'],
      },
    ],
  },
  clients: [
    { name: 'alice', address: '::1' },
    { name: 'bob', later: true },
  ],
  scenario: [
    {
      caption: 'Alice is connected to ::1, the IPv6 address of this computer for itself.',
      action: { client: 'alice', types: 'over IPv6\n' },
      expect: [{ client: 'alice', receives: 'over IPv6\n' }],
    },
    {
      question: {
        asks: 'Bob connects to 127.0.0.1. What does the server print as his address?',
        choices: ['127.0.0.1', '::1', '::ffff:127.0.0.1'],
        right: '::ffff:127.0.0.1',
      },
      caption:
        'Bob connects to 127.0.0.1, an IPv4 address. The IPv6 socket takes him. Look at the address that the server prints.',
      action: { client: 'bob', connects: true },
      expect: [{ program: 'server', prints: 'Connection from [::ffff:127.0.0.1]:' }],
      explanation:
        'An IPv6 socket knows only IPv6 addresses, so his is put into one: an IPv4-mapped address, ipv6(7).',
    },
    {
      caption: 'The server treats him like any other client.',
      action: { client: 'bob', types: 'over IPv4\n' },
      expect: [
        { client: 'bob', receives: 'over IPv4\n' },
        { client: 'alice', receivesNothingFor: 300 },
      ],
    },
    {
      caption:
        'The server wants a second listener for IPv4 on the same port. It can’t have one: the first socket has the port for both.',
      action: { program: 'server', types: 'ipv4\n' },
      expect: [{ program: 'server', prints: 'EADDRINUSE' }],
    },
    {
      caption: 'Nothing else has changed. Alice is still connected, and so is Bob.',
      action: { client: 'alice', types: 'still here\n' },
      expect: [
        { client: 'alice', receives: 'still here\n' },
        { client: 'bob', receivesNothingFor: 300 },
      ],
    },
  ],
});
