import { defineLab } from '../../../../../lab/definition.ts';

const loud = { name: 'loud', label: 'loud', args: ['--loud'] };
const quiet = { name: 'quiet', label: 'quiet', args: ['--quiet'] };

export default defineLab({
  id: 'company',
  title: 'Programs beside the server program',
  predict: 'Who starts when?',
  server: {
    program: 'server.ts',
    port: 9876,
    ready: 'Listening',
    ways: [quiet, loud],
    forks: true,
    descriptors: 77,
  },
  programs: [
    { name: 'first', program: 'beside.ts', starts: 'before', ready: 'here' },
    { name: 'second', program: 'beside.ts', starts: 'with', ready: 'here', ways: [quiet, loud] },
    { name: 'later', program: 'beside.ts', starts: 'on-demand', ways: [quiet, loud] },
  ],
  hosts: ['made-up.example'],
  clients: ['zoe', { name: 'yan', later: true }, 'xena'],
  gauges: ['processes', 'threads', 'cpu', 'memory', 'descriptors', 'calls'],
  showsSelect: true,
  scenario: [{ caption: 'They run.' }],
});
