import { formatIp } from '../../src/os/ip-address.ts';
import type { InterfaceAddress } from '../../src/os/netlink-message.ts';

/** So long the kernel is waited for, ms; it takes a few. */
const USABLE_MS_MAX = 50;

/**
 * When an IPv6 address that was just added can be used. The kernel answers the request at once, makes
 * the address its own in a work queue some milliseconds later, and says so in an event. Announced before
 * that, the first packets that come for it are lost: a connection's SYN is then sent again a second later.
 */
export class UsableAddresses {
  readonly #waiting = new Map<string, () => void>();

  /** Call before the request. Resolves when the kernel says so, or after `USABLE_MS_MAX`. */
  expect(
    interfaceIndex: number,
    ip: Uint8Array,
  ): { readonly usable: Promise<void>; cancel(): void } {
    const key = keyOf(interfaceIndex, ip);
    let done = () => {};
    const usable = new Promise<void>((resolve) => {
      const timer = setTimeout(() => done(), USABLE_MS_MAX);
      done = () => {
        clearTimeout(timer);
        if (this.#waiting.get(key) === done) this.#waiting.delete(key);
        resolve();
      };
      this.#waiting.set(key, done);
    });
    return { usable, cancel: () => done() };
  }

  /** An event of the kernel. */
  heard({ interfaceIndex, ip, tentative, duplicate }: InterfaceAddress): void {
    if (!tentative && !duplicate) this.#waiting.get(keyOf(interfaceIndex, ip))?.();
  }
}

function keyOf(interfaceIndex: number, ip: Uint8Array): string {
  return `${interfaceIndex} ${formatIp(ip)}`;
}
