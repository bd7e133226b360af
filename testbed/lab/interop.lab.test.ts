/**
 * Tandem's agent and keepalived from Debian as the two routers of one virtual router: the election
 * must come out as RFC 9568 says, and in the time it says, whichever of the two is the better one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  edgeA,
  edgeB,
  virtualAddress4,
  virtualAddress6,
  virtualLinkLocal6,
} from './address-plan.ts';
import type { AddressWatch } from './address-watch.ts';
import { Capture, readCapture } from './capture.ts';
import { goFirstOurselves } from './go-first.ts';
import { Lab } from './lab.ts';
import { monotonicMs } from './monotonic.ts';
import { findProgram, isRealRoot } from './requirements.ts';
import { startKeepalived } from './stacks/keepalived.ts';
import { prefixLength } from './stacks/stack.ts';
import { tandemCommand } from './stacks/tandem.ts';
import { waitUntil } from './wait-until.ts';

const OURS = edgeA.name;
const THEIRS = edgeB.name;
const VRID = 51;
const ADVERT_MS = 100;
/** Scheduling of three processes and the monitor's own delay, on a machine that has other work. */
const SLACK_MS = 120;

/** RFC 9568 6.1. */
const skewMs = (priority: number) => ((256 - priority) * ADVERT_MS) / 256;
const activeDownMs = (priority: number) => 3 * ADVERT_MS + skewMs(priority);

const families = {
  IPv4: { addresses: [virtualAddress4], watched: virtualAddress4 },
  IPv6: { addresses: [virtualLinkLocal6, virtualAddress6], watched: virtualAddress6 },
} as const;
type Family = keyof typeof families;

const lacking = ['keepalived', 'tshark', 'tcpdump'].filter((name) => findProgram(name) === null);

let lab: Lab | null = null;

afterEach(async () => {
  await lab?.close();
  lab = null;
});

const ourConfig = (addresses: readonly string[], priority: number) => `
nodes:
  ${OURS}: { address: 198.51.100.11, priority: ${priority} }
virtual_routers:
  web:
    vrid: ${VRID}
    interface: eth0
    addresses: [${addresses.map((it) => `"${it}/${prefixLength(it)}"`).join(', ')}]
    advert_interval: ${ADVERT_MS}ms
    peer: other
    track: { proxy: false }
`;

class Pair {
  readonly lab: Lab;
  readonly watch: AddressWatch;
  readonly #family: Family;
  readonly #priorities: { readonly ours: number; readonly theirs: number };

  constructor(
    created: Lab,
    watch: AddressWatch,
    family: Family,
    priorities: { readonly ours: number; readonly theirs: number },
  ) {
    this.lab = created;
    this.watch = watch;
    this.#family = family;
    this.#priorities = priorities;
  }

  startOurs() {
    const host = this.lab.host(OURS);
    const { addresses } = families[this.#family];
    writeFileSync(join(host.folder, 'tandem.yaml'), ourConfig(addresses, this.#priorities.ours));
    return host.spawn(tandemCommand(host, ['keepalive']), { log: 'tandem' });
  }

  startTheirs() {
    return startKeepalived(this.lab.host(THEIRS), {
      vrid: VRID,
      priority: this.#priorities.theirs,
      advertMs: ADVERT_MS,
      addresses: families[this.#family].addresses,
    });
  }

  start(host: string) {
    return host === OURS ? this.startOurs() : this.startTheirs();
  }

  /** Starts both routers and resolves to when both take part and `better` alone is Active. */
  async settle(better: string) {
    const started = { [OURS]: this.startOurs(), [THEIRS]: this.startTheirs() };
    const says = (file: string, text: string) => () => readFileSync(file, 'utf8').includes(text);
    await waitUntil('ours is Backup', says(started[OURS]!.logFile, '"to":"Backup"'), 10_000);
    await waitUntil('theirs is BACKUP', says(started[THEIRS]!.logFile, 'BACKUP STATE'), 10_000);
    // Whoever came late may still have to take the address from the one who was early.
    await new Promise((resolve) => setTimeout(resolve, 2 * activeDownMs(100)));
    return { settledAt: await this.sole(better), started };
  }

  /** Resolves to when `host` alone holds the address. */
  sole(host: string, timeoutMs = 10_000): Promise<number> {
    return this.watch
      .until((holders) => holders.join() === host, timeoutMs)
      .catch((error) => {
        const logs = `${this.lab.host(OURS).logTail('tandem')}\n${this.lab.host(THEIRS).logTail('keepalived')}`;
        throw new Error(`${(error as Error).message}, expected ${host}\n${logs}`);
      });
  }

  changesSince(atMs: number) {
    return this.watch.history.filter((change) => change.atMs > atMs);
  }
}

const bootPair = async (family: Family, ours: number, theirs: number): Promise<Pair> => {
  lab = await Lab.create({ hosts: [edgeA, edgeB] });
  const watch = await lab.watch(families[family].watched, [OURS, THEIRS]);
  return new Pair(lab, watch, family, { ours, theirs });
};

// Times are compared with the RFC's to a tenth of a second, which other work on the machine can spoil
// once; a wrong timer spoils every attempt.
const attempts = { retry: 2 };

beforeAll(goFirstOurselves);

describe.skipIf(lacking.length > 0).each(['IPv4', 'IPv6'] as const)(
  '%s with keepalived',
  (family) => {
    describe.each([
      { better: OURS, worse: THEIRS, ours: 200, theirs: 100, who: 'ours' },
      { better: THEIRS, worse: OURS, ours: 100, theirs: 200, who: 'theirs' },
    ])('the higher priority is $who', ({ better, worse, ours, theirs }) => {
      test(
        'it becomes Active; its crash is followed within the down interval; it comes back',
        attempts,
        async () => {
          const pair = await bootPair(family, ours, theirs);
          await pair.settle(better);

          const crashedAt = monotonicMs();
          await pair.lab.crash(better);
          const tookOverMs = (await pair.sole(worse)) - crashedAt;
          // The last advert before the crash may be a whole interval old.
          expect(tookOverMs).toBeGreaterThan(activeDownMs(100) - ADVERT_MS - 10);
          expect(tookOverMs).toBeLessThan(activeDownMs(100) + SLACK_MS);

          await pair.lab.heal(better);
          pair.start(better);
          const backAt = await pair.sole(better);
          // It stays: no second change within several down intervals.
          await new Promise((resolve) => setTimeout(resolve, 4 * activeDownMs(100)));
          expect(pair.changesSince(backAt)).toEqual([]);
          expect(pair.watch.holders).toEqual([better]);
        },
      );

      test(
        'it resigns in order with priority 0 and the other follows after its skew',
        attempts,
        async () => {
          const pair = await bootPair(family, ours, theirs);
          const { started } = await pair.settle(better);
          const stoppedAt = monotonicMs();
          started[better]!.child.kill('SIGTERM');
          const tookOverMs = (await pair.sole(worse)) - stoppedAt;
          expect(tookOverMs).toBeGreaterThan(skewMs(100) - 10);
          expect(tookOverMs).toBeLessThan(skewMs(100) + SLACK_MS);
          expect(await started[better]!.exited).toBe(0);
        },
      );

      test('the crash of the Backup is no event for the Active', async () => {
        const pair = await bootPair(family, ours, theirs);
        const { settledAt } = await pair.settle(better);
        await pair.lab.crash(worse);
        await new Promise((resolve) => setTimeout(resolve, 4 * activeDownMs(100)));
        expect(pair.changesSince(settledAt)).toEqual([]);
      });
    });

    // tcpdump insists on changing its groups, which root of a user namespace may not.
    test.skipIf(!isRealRoot())(
      'tshark reads our adverts: good checksum, hop limit 255, nothing malformed',
      async () => {
        const pair = await bootPair(family, 200, 100);
        const filter = 'proto 112 or ip6 proto 112';
        const capture = await Capture.start(pair.lab.host(THEIRS), 'vrrp', filter);
        const ours = pair.startOurs();
        await pair.sole(OURS);
        await new Promise((resolve) => setTimeout(resolve, 5 * ADVERT_MS));
        await ours.stop();
        await capture.stop();
        const packets = await readCapture(capture.file, 'vrrp or _ws.malformed', [
          'vrrp.version',
          'vrrp.type',
          'vrrp.virt_rtr_id',
          'vrrp.prio',
          'vrrp.checksum.status',
          'ip.ttl',
          'ipv6.hlim',
          'vrrp.ip_addr',
          'vrrp.ipv6_addr',
          '_ws.malformed',
          '_ws.expert',
        ]);
        expect(packets.length).toBeGreaterThanOrEqual(5);
        for (const packet of packets) {
          expect(packet).toMatchObject({
            'vrrp.version': '3',
            'vrrp.type': '1',
            'vrrp.virt_rtr_id': `${VRID}`,
            'vrrp.checksum.status': '1',
            '_ws.malformed': '',
            '_ws.expert': '',
          });
          expect(packet[family === 'IPv4' ? 'ip.ttl' : 'ipv6.hlim']).toBe('255');
          const listed = packet[family === 'IPv4' ? 'vrrp.ip_addr' : 'vrrp.ipv6_addr'].split(',');
          expect(listed).toEqual([...families[family].addresses]);
        }
        // Priority 200 while it was Active, and 0 once, at the end.
        const priorities = packets.map((packet) => packet['vrrp.prio']);
        expect(new Set(priorities.slice(0, -1))).toEqual(new Set(['200']));
        expect(priorities.at(-1)).toBe('0');
      },
    );
  },
);
