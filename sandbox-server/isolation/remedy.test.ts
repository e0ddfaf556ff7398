import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ROOT } from '../../project.ts';
import { Program } from '../../testing/program.ts';
import { ServerProcess, type ServerOptions } from '../../testing/server-process.ts';
import { LIMIT } from '../../testing/patience.ts';
import { until } from '../../testing/until.ts';
import { remedyFor, type Facts } from './remedy.ts';

const START = join(ROOT, 'scripts', 'start.ts');
const PLAIN: Facts = {
  engine: undefined,
  bubblewrap: '0.8.0',
  cloneAllowed: true,
  appArmorRestricts: false,
  filtered: false,
};
/** bubblewrap’s own words: until 0.10, since then, and as Debian has them. */
const NO_PERMISSIONS = [
  "bwrap: No permissions to creating new namespace, likely because the kernel does not allow non-privileged user namespaces. On e.g. debian this can be enabled with 'sysctl kernel.unprivileged_userns_clone=1'.",
  "bwrap: No permissions to create a new namespace, likely because the kernel does not allow non-privileged user namespaces. On e.g. debian this can be enabled with 'sysctl kernel.unprivileged_userns_clone=1'.",
  'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces. See <https://deb.li/bubblewrap> or <file:///usr/share/doc/bubblewrap/README.Debian.gz>.',
];
const NO_PROC = "bwrap: Can't mount proc on /newroot/proc: Operation not permitted";
const NO_MAP = 'bwrap: setting up uid map: Permission denied';
const NO_ADDRESS = 'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted';
const NO_MAP_FILE = 'unshare: write failed /proc/self/uid_map: Operation not permitted';

suite('what an operator is told to change', () => {
  const cases: readonly (readonly [string, Partial<Facts>, RegExp])[] = [
    ['bwrap: spawn bwrap ENOENT', {}, /apt-get install bubblewrap/],
    ['bwrap: Unknown option --disable-userns', { bubblewrap: '0.6.1' }, /0\.6\.1 is too old: 0\.8/],
    [NO_PROC, { engine: 'docker' }, /\/proc are masked.*docker run .*systempaths=unconfined/],
    [NO_PROC, { engine: 'podman' }, /\/proc are masked.*podman run .*unmask=ALL/],
    [NO_PROC, { engine: 'kubernetes' }, /\/proc are masked.*procMount: Unmasked/],
    [NO_PROC, {}, /systemd.*ProtectKernelTunables=/],
    ...NO_PERMISSIONS.flatMap((text): (readonly [string, Partial<Facts>, RegExp])[] => [
      [text, { engine: 'docker', filtered: true }, /seccomp=unconfined.*systempaths=unconfined/],
      [text, { engine: 'podman', filtered: true }, /seccomp=unconfined.*unmask=ALL/],
      [text, { engine: 'kubernetes', filtered: true }, /seccompProfile.*procMount: Unmasked/],
      [text, { cloneAllowed: false }, /sysctl -w kernel\.unprivileged_userns_clone=1/],
      [text, { appArmorRestricts: true }, /apparmor_restrict_unprivileged_userns=0/],
      [text, { filtered: true }, /seccomp filter/],
    ]),
    ...[NO_MAP, NO_ADDRESS, NO_MAP_FILE].flatMap(
      (text): (readonly [string, Partial<Facts>, RegExp])[] => [
        [text, { appArmorRestricts: true }, /apparmor_restrict_unprivileged_userns=0/],
        [text, {}, /^Unprivileged users can’t create user namespaces(?!.*apparmor)/i],
        [text, { filtered: true }, /^A seccomp filter(?!.*apparmor)/i],
        [text, { cloneAllowed: false }, /sysctl -w kernel\.unprivileged_userns_clone=1/],
        [text, { engine: 'docker' }, /seccomp=unconfined/],
      ],
    ),
    [NO_PERMISSIONS[0] ?? '', {}, /^Unprivileged users can’t create user namespaces/],
    [
      'bwrap: Failed to make / slave: Permission denied',
      { engine: 'docker' },
      /apparmor=unconfined/,
    ],
    ['bwrap: Failed to mount tmpfs: Permission denied', { engine: 'podman' }, /label=disable/],
    [
      'bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)',
      {},
      /user\.max_user_namespaces=/,
    ],
    ['unshare: unshare failed: Operation not permitted', { engine: 'docker' }, /seccomp/],
    ['bwrap: something new', {}, /Host it/],
  ];
  for (const [failure, facts, remedy] of cases) {
    test(`${failure.slice(0, 60)} (${JSON.stringify(facts)})`, () => {
      assert.match(remedyFor(failure, { ...PLAIN, ...facts }), remedy);
    });
  }
});

suite('a real server', () => {
  const asRoot = process.getuid?.() === 0;
  // One that starts all the same never ends by itself.
  const ROOT_ONLY = { skip: !asRoot, ...LIMIT };
  /** Starts it, and ends it once it has said all that it says at a start. */
  const saidBy = async (options: ServerOptions): Promise<string> => {
    await using server = await ServerProcess.start(options);
    await until('it has said all', () => server.said.includes('Ctrl-C ends it.'));
    await server.stop();
    return server.said;
  };
  /** The same where a command has changed the mounts of the computer, for this server alone. */
  const saidAfter = (command: string): Promise<string> =>
    saidBy({ by: ['unshare', '-m', 'sh', '-c', `${command} && exec "$@"`, 'sh'] });

  test('with a bubblewrap of Ubuntu 22.04 says that it is too old', { skip: !asRoot }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bwrap-'));
    const bwrap = join(folder, 'bwrap');
    writeFileSync(bwrap, oldBwrap(join(folder, 'newer')));
    chmodSync(bwrap, 0o755);
    chmodSync(folder, 0o755);
    copyFileSync('/usr/bin/bwrap', join(folder, 'newer'));
    const said = await saidAfter(`mount --bind ${bwrap} /usr/bin/bwrap`);
    assert.match(said, /^Not used: bubblewrap: .*Unknown option --disable-userns/m);
    assert.match(said, /^For the safest isolation: bubblewrap 0\.6\.1 is too old/m);
    assert.match(said, /^Isolation: unshare/m);
    rmSync(folder, { recursive: true });
  });

  test('under a masked /proc, as containers have it, says so', { skip: !asRoot }, async () => {
    const said = await saidAfter('mount --bind /dev/null /proc/version');
    assert.match(said, /^Not used: bubblewrap: .*mount proc on .*Operation not permitted/m);
    assert.match(said, /^For the safest isolation: .*\/proc/m);
  });

  test('that was told to use bubblewrap takes nothing weaker', ROOT_ONLY, async () => {
    const broken = 'mount --bind /dev/null /proc/version && exec "$@"';
    await using server = Program.start(
      ['unshare', '-m', 'sh', '-c', broken, 'sh', process.execPath, START],
      { environment: { PORT: '0', READABLE_WARM: '0', READABLE_ISOLATION: 'bubblewrap' } },
    );
    assert.equal(await server.close(), 1);
    assert.doesNotMatch(server.out, /does not work here/, 'it is said on standard error');
    assert.match(server.printed, /^READABLE_ISOLATION=bubblewrap does not work here/m);
    assert.match(server.printed, /^bubblewrap: .*mount proc on .*Operation not permitted/m);
    assert.match(server.printed, /^.*parts of .*\/proc/im);
    assert.doesNotMatch(server.printed, /unshare:|Isolation:|Readable is at/);
  });

  test('that is pid 1 says that nobody reaps', { skip: !asRoot }, async () => {
    const by = ['unshare', '-pf', '--mount-proc', '--kill-child'];
    await using server = await ServerProcess.start({ by });
    await until('it has said all', () => server.said.includes('Ctrl-C ends it.'));
    assert.match(server.said, /pid 1 .*docker run --init/);
  });

  test('that was told to isolate nothing does not blame the computer', async () => {
    const said = await saidBy({ environment: { READABLE_ISOLATION: 'none' } });
    assert.match(said, /^Isolation: none: READABLE_ISOLATION says so/m);
    assert.doesNotMatch(said, /allows no sandbox|Not used|safest/);
  });
});

/** As 0.6.1: it makes a holder, and knows nothing of --disable-userns. */
function oldBwrap(newer: string): string {
  return `#!/bin/sh
case " $* " in
*' --disable-userns '*) echo 'bwrap: Unknown option --disable-userns' >&2; exit 1 ;;
*' --version '*) echo 'bubblewrap 0.6.1' ;;
*) exec ${newer} "$@" ;;
esac
`;
}
