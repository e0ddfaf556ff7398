/**
 * What to do about a computer that won’t have a sandbox: from what bubblewrap or unshare said, and how the
 * computer is, to what an operator has to change. The texts are those of bubblewrap 0.6 to 0.11.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** What manages the container that this process is in. */
export type Engine = 'docker' | 'podman' | 'kubernetes';

/** How this computer is, as far as it decides what a sandbox may do. */
export interface Facts {
  readonly engine: Engine | undefined;
  /** What `bwrap --version` says: `0.8.0`. */
  readonly bubblewrap: string | undefined;
  /** kernel.unprivileged_userns_clone, which Debian’s kernels have. */
  readonly cloneAllowed: boolean;
  /** kernel.apparmor_restrict_unprivileged_userns, which Ubuntu’s have from 23.10 on. */
  readonly appArmorRestricts: boolean;
  /** Whether this process has a filter of system calls. */
  readonly filtered: boolean;
}

function setting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function engineOf(environment: NodeJS.ProcessEnv): Engine | undefined {
  if (environment['KUBERNETES_SERVICE_HOST']) return 'kubernetes';
  if (existsSync('/run/.containerenv')) return 'podman';
  return existsSync('/.dockerenv') ? 'docker' : undefined;
}

/** Looks how this computer is. */
export function readFacts(): Facts {
  const version = spawnSync('bwrap', ['--version'], { encoding: 'utf8', timeout: 5000 });
  return {
    engine: engineOf(process.env),
    bubblewrap: /(\d+(?:\.\d+)+)/.exec(version.stdout)?.[1],
    cloneAllowed: setting('kernel/unprivileged_userns_clone') !== '0',
    appArmorRestricts: setting('kernel/apparmor_restrict_unprivileged_userns') === '1',
    filtered: /^Seccomp:\s+2$/m.test(readFileSync('/proc/self/status', 'latin1')),
  };
}

const APPARMOR =
  'AppArmor keeps programs from creating user namespaces, as on Ubuntu 23.10 and later: give bwrap a ' +
  'profile, or run: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';

const SECCOMP: Readonly<Record<Engine, string>> = {
  docker: 'docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined',
  podman: 'podman run --security-opt seccomp=unconfined --security-opt unmask=ALL',
  kubernetes:
    'in the container’s securityContext, seccompProfile: {type: Unconfined} and procMount: Unmasked, ' +
    'and hostUsers: false in the pod',
};

const UNMASK: Readonly<Record<Engine, string>> = {
  docker: 'docker run --security-opt systempaths=unconfined',
  podman: 'podman run --security-opt unmask=ALL',
  kubernetes:
    'procMount: Unmasked in the container’s securityContext, and hostUsers: false in the pod',
};

function forbidden({ engine, ...facts }: Facts): string {
  if (!facts.cloneAllowed) {
    return 'The kernel lets only root create user namespaces: sysctl -w kernel.unprivileged_userns_clone=1';
  }
  if (engine) return `The container’s seccomp profile forbids user namespaces: ${SECCOMP[engine]}`;
  if (facts.appArmorRestricts) return APPARMOR;
  if (facts.filtered) {
    return 'A seccomp filter of whatever started the server forbids user namespaces: allow clone, clone3, unshare, setns, mount, umount2 and pivot_root.';
  }
  return (
    'Unprivileged users can’t create user namespaces on this system. Allow it: journalctl -k says what ' +
    'forbids it, such as SELinux or a hardened kernel.'
  );
}

/**
 * What an operator has to change.
 * @param failure what the rung said that could not be used
 */
export function remedyFor(failure: string, facts: Facts): string {
  const says = (text: RegExp): boolean => text.test(failure);
  if (says(/bwrap ENOENT/)) return 'bubblewrap is not installed: apt-get install bubblewrap';
  if (says(/Unknown option --?(?:disable-userns|assert-userns-disabled)/)) {
    const found = facts.bubblewrap ?? 'This version';
    return (
      `bubblewrap ${found} is too old: 0.8 or later is needed. Debian 12 and Ubuntu 24.04 have it, ` +
      'Ubuntu 22.04 and RHEL 9 do not.'
    );
  }
  // mount(2) refuses a /proc that would show more than the one that is there.
  if (says(/mount proc on|mount \/proc failed|mounting proc/i)) {
    return facts.engine
      ? `Parts of the container’s /proc are masked, so no sandbox can have one of its own: ${UNMASK[facts.engine]}`
      : 'Something is mounted over parts of /proc, so no sandbox can have one of its own. In a systemd ' +
          'unit, ProtectKernelTunables=, ProtectKernelLogs=, ProtectHostname= and ProcSubset= do that.';
  }
  if (says(/Failed to make \/ slave: Permission denied/)) {
    return 'The container’s AppArmor profile forbids mounting: --security-opt apparmor=unconfined';
  }
  if (says(/Failed to mount tmpfs: Permission denied/)) {
    return 'SELinux forbids mounting: --security-opt label=disable';
  }
  if (says(/max_\*_namespaces exceeded|ENOSPC|No space left on device/)) {
    return 'No more user namespaces can be created: sysctl -w user.max_user_namespaces=10000';
  }
  if (says(/does not support user namespaces/)) {
    return 'The kernel was built without user namespaces: CONFIG_USER_NS.';
  }
  if (says(/setting up [ug]id map|RTM_NEWADDR|RTM_NEWLINK|write failed \/proc\/self\/uid_map/)) {
    return facts.appArmorRestricts ? APPARMOR : forbidden(facts);
  }
  if (says(/No permissions to creat|Operation not permitted|Permission denied/)) {
    return forbidden(facts);
  }
  return 'See “Host it” in the README for what bubblewrap needs.';
}
