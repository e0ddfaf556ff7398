/**
 * Attacks the walls: other processes’ memory, namespaces, mounts, the kernel’s own programs and modules,
 * its keys, and identities.
 * Must hold: no call does anything. Reported is what was not refused; nothing must be.
 */
import { outcome, tried, unwanted, type Attack } from './kernel.ts';

const CLONE_NEWUSER = 0x10000000;
const SIGCHLD = 17;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;
const CAP_SYS_ADMIN = 21;
const PR_SET_NO_NEW_PRIVS = 38;

const escapes: Attack = () => {
  const none = new Uint8Array(256);
  const outcomes = {
    ptrace: outcome([101, 117], 16, 1, 0, 0),
    readOthers: outcome([310, 270], 1, none, 1, none, 1, 0),
    writeOthers: outcome([311, 271], 1, none, 1, none, 1, 0),
    adviseOthers: outcome([440, 440], 0, none, 0, 20, 0),
    takeDescriptor: outcome([438, 438], 0, 0, 0),
    compare: outcome([312, 272], 1, 2, 0, 0, 0),
    unshareUser: outcome([272, 97], CLONE_NEWUSER),
    cloneUser: outcome([56, 220], CLONE_NEWUSER + SIGCHLD, 0, 0, 0, 0),
    clone3: outcome([435, 435], none, 88),
    setns: outcome([308, 268], 0, 0),
    mount: outcome([165, 40], 'none', '/', 'tmpfs', 0, 0),
    umount: outcome([166, 39], '/proc', 2),
    pivot: outcome([155, 41], '/', '/'),
    chroot: outcome([161, 51], '/proc'),
    openTree: outcome([428, 428], -100, '/', 1),
    openTreeAttr: outcome([467, 467], -100, '/', 1, 0, 0),
    fsopen: outcome([430, 430], 'tmpfs', 0),
    statmount: outcome([457, 457], none, none, 256, 0),
    listmount: outcome([458, 458], none, none, 32, 0),
    handle: outcome([304, 265], -100, none, 0),
    bpf: outcome([321, 280], 0, none, 64),
    perf: outcome([298, 241], none, 0, -1, -1, 0),
    userfaultfd: outcome([323, 282], 1),
    ioUring: outcome([425, 425], 4, none),
    ioUringEnter: outcome([426, 426], 0, 0, 0, 0, 0, 0),
    ioUringRegister: outcome([427, 427], -1, 0, none, 1),
    key: outcome([248, 217], 'user', 'name', 'value', 5, -3),
    keyctl: outcome([250, 219], 0, -3, 1),
    memfd: outcome([319, 279], 'name', 0),
    secret: outcome([447, 447], 0),
    sharedMemory: outcome([29, 194], 0, 4096, 0o1600),
    semaphores: outcome([64, 190], 0, 1, 0o1600),
    messages: outcome([68, 186], 0, 0o1600),
    queue: outcome([240, 180], 'name', 0o102, 0o600, 0),
    module: outcome([175, 105], none, 0, ''),
    kexec: outcome([246, 104], 0, 0, 0, 0),
    reboot: outcome([169, 142], 0xfee1dead, 0x28121969, 0, 0),
    swap: outcome([167, 224], '/proc/self/exe', 0),
    hostname: outcome([170, 161], 'mine', 4),
    clock: outcome([227, 112], 0, none),
    kernelLog: outcome([103, 116], 3, none, 256),
    personality: outcome([135, 92], 0x0040000),
    ports: outcome([172, null], 3),
    hangUp: outcome([153, 58]),
    capability: outcome([157, 167], PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0),
  };
  const identities = {
    root: tried(() => process.setuid?.(0)),
    groups: tried(() => process.setgroups?.([0])),
    newPrivileges: outcome([157, 167], PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0),
  };
  return {
    ...unwanted(outcomes, 'EPERM', 'ENOSYS', 'none'),
    ...unwanted(identities, 'EPERM', 'EINVAL'),
  };
};
export default escapes;
