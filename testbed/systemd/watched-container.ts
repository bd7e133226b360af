/**
 * The addresses of a container, followed from outside. One stream carries the changes and, once the
 * kernel is known to report them, the addresses there are, so that nothing falls between the two.
 */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type ContainerUser, dockerExec } from '../docker/engine.ts';
import { parseMonitorLine, type WatchedHost } from '../lab/address-watch.ts';
import { limits } from './limits.ts';

/** Ends the list of addresses there are. */
const LISTED = '--- listed';

/**
 * `ip` takes the shell's process number, which is also the number of its netlink socket: the row
 * with it appears when the kernel has begun to report to that socket.
 */
const FOLLOW = `
( until grep -q "^[^ ]* *0 *$$ " /proc/net/netlink; do sleep 0.01; done
  ip -o address; echo "${LISTED}" ) &
exec ip -o monitor address`;

/**
 * A container as {@link AddressWatch} wants it, for one address. `onGone` is called when the stream
 * ends, which it does within milliseconds of the container's end.
 */
export function watchedContainer(
  name: string,
  container: string,
  address: string,
  user: ContainerUser,
  onGone: () => void,
): WatchedHost {
  let listed: Promise<void> = Promise.resolve();
  let holds = false;
  const monitor = (): ChildProcess => {
    const child = dockerExec(container, user, ['sh', '-c', FOLLOW]);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => reject(new Error(`the addresses of ${name} cannot be read`));
    const timer = setTimeout(giveUp, limits.watchTimeoutMs);
    promise.catch(() => {}).finally(() => clearTimeout(timer));
    listed = promise;
    holds = false;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      holds = parseMonitorLine(line, address) ?? holds;
      if (line === LISTED) resolve();
    });
    child.on('error', giveUp);
    child.on('close', () => {
      giveUp();
      onGone();
    });
    return child;
  };
  const addresses = async () => {
    await listed;
    return holds ? [address] : [];
  };
  return { name, monitor, addresses };
}
