/**
 * Two hosts for the lab tests of this folder: network namespaces `left` and `right`, joined by a
 * veth pair whose ends are both called `eth0`. A socket belongs to the namespace its thread was in
 * when it was made, so one test process can hold sockets on both hosts.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { koffi } from './native.ts';

export type Host = 'left' | 'right';

export const HOST_ADDRESSES = {
  left: { v4: '198.51.100.1', mac: '02:00:00:00:00:01' },
  right: { v4: '198.51.100.2', mac: '02:00:00:00:00:02' },
} as const;

const CLONE_NEWNET = 0x40000000;

/** Runs a shell script; its output, or an Error with what it printed. */
export function sh(script: string, shell: 'sh' | 'bash' = 'sh'): string {
  return execFileSync(shell, ['-ec', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Makes the two hosts anew, with link-local addresses that can be used (no DAD). */
export function makeHosts(): void {
  removeHosts();
  sh(`
    ip netns add left
    ip netns add right
    ip -n left link add eth0 address ${HOST_ADDRESSES.left.mac} type veth \
      peer name eth0 address ${HOST_ADDRESSES.right.mac} netns right
    for host in left right; do
      ip netns exec $host sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.eth0.accept_dad=0
      ip -n $host link set lo up
      ip -n $host link set eth0 up
    done
    ip -n left address add ${HOST_ADDRESSES.left.v4}/24 dev eth0
    ip -n right address add ${HOST_ADDRESSES.right.v4}/24 dev eth0
    for host in left right; do
      until ip -n $host -6 address show dev eth0 -tentative | grep -q fe80; do sleep 0.01; done
    done
  `);
}

/** Removes them with everything in them. */
export function removeHosts(): void {
  sh('for host in left right; do ip netns delete $host 2>/dev/null || :; done');
}

/** Runs `action`, which must be synchronous, with this thread inside a host; some tests make a `client` too. */
export function onHost<T>(host: Host | 'client', action: () => T): T {
  const setns = koffi().load(null).func('int setns(int fd, int type)');
  const enter = (path: string) => {
    const fd = openSync(path, 'r');
    const result: number = setns(fd, CLONE_NEWNET);
    closeSync(fd);
    if (result !== 0) {
      throw new Error(`setns(${path}) failed with errno ${koffi().errno()}`);
    }
  };
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    enter(`/run/netns/${host}`);
    return action();
  } finally {
    setns(home, CLONE_NEWNET);
    closeSync(home);
  }
}

/** Runs a shell script on a host. */
export function shOn(host: Host | 'client', script: string, shell: 'sh' | 'bash' = 'sh'): string {
  return onHost(host, () => sh(script, shell));
}
