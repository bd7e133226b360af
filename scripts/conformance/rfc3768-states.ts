/** RFC 3768, sections 6, 8 and 9: states, hosts, links. */
import {
  type Chapter,
  departure,
  departureUnlessStrict,
  met,
  metInVmacMode,
  notApplicable,
  test,
} from './requirement.ts';

const moves = test(
  'testbed/lab/virtual-mac.lab.test.ts',
  'a virtual MAC',
  'moves with the addresses, and no neighbour notices',
);
const wire = 'testbed/lab/rfc9568.lab.test.ts > on the wire, IPv%i';
const answersAlone = test(
  wire,
  'only the Active router answers for the address, and with its own MAC',
);
const takesAlone = test(
  wire,
  'only the Active router takes packets to the address, whoever they are sent to',
);
const steps = test(
  'keepalive/virtual-router/rfc9568.test.ts',
  'RFC 3768 section 6.4, with whole seconds',
);
const skew = `${steps} > Backup: the skew of a resignation and of the timer is in seconds`;
const backup = `${steps} > Backup: claims, follows and discards as in version 3`;
const master = `${steps} > Master: timer, resignation of another, and what makes it give way`;
const shutdown = test(
  'keepalive/virtual-router/rfc9568.test.ts',
  '6.4.2, Backup',
  'Shutdown: Active_Down_Timer cancelled, Initialize, not a word',
);
const ownMac =
  'the addresses are announced with the MAC of the interface: neighbours follow the announcements, which are repeated';
const ethernet = 'the kernels that Tandem runs on have Ethernet, and no such links';
const oddLinks = test(
  'keepalive/io/neighbour-probe.lab.test.ts',
  'an interface that does not exist cannot be asked on',
);

/** Rows about states, hosts and links. */
export const oldStates: Chapter = {
  rfc: 3768,
  title: 'states, hosts, links',
  requirements: [
    {
      section: '6.1',
      level: 'rule',
      rule: 'Skew_Time is (256 - priority) / 256 seconds, whatever the interval.',
      standing: met,
      shownBy: [
        test(
          'keepalive/virtual-router/timers.test.ts',
          'Skew_Time',
          'is in seconds whatever the interval in version 2 (RFC 3768 section 6.1)',
        ),
      ],
    },
    {
      section: '6.4.2',
      level: 'MUST NOT',
      rule: 'A Backup does not answer ARP requests for the addresses.',
      standing: met,
      shownBy: [answersAlone],
    },
    {
      section: '6.4.2',
      level: 'MUST',
      rule:
        'A Backup discards packets to the MAC address of the virtual router, and does not ' +
        'accept packets to the addresses.',
      standing: met,
      shownBy: [moves, takesAlone],
    },
    {
      section: '6.4.2',
      level: 'rule',
      rule: 'Backup, Shutdown: cancel the timer, go to Initialize.',
      standing: met,
      shownBy: [shutdown],
    },
    {
      section: '6.4.2',
      level: 'rule',
      rule: 'Backup, the timer fires: advertise, gratuitous ARP, set Adver_Timer, become Master.',
      standing: departure(
        'a timer that fires late, because this process did not run, listens once more first; a node whose ' +
          'balancer was never ready waits 30 s',
      ),
      shownBy: [
        'keepalive/virtual-router/step.golden.test.ts > the stories are as they were written down',
        backup,
      ],
    },
    {
      section: '6.4.2',
      level: 'rule',
      rule: 'Backup, priority 0 heard: the timer is Skew_Time.',
      standing: met,
      shownBy: [skew],
    },
    {
      section: '6.4.2',
      level: 'rule',
      rule: 'Backup, an advert not below our priority, or any without Preempt_Mode: the timer anew.',
      standing: departureUnlessStrict(
        'without Preempt_Mode an advert of priority 2 or less, which says that its sender is ' +
          'at fault, does not count as one to follow',
      ),
      shownBy: [skew, backup],
    },
    {
      section: '6.4.2',
      level: 'rule',
      rule: 'Backup with Preempt_Mode, an advert below our priority: discard it.',
      standing: departureUnlessStrict(
        'the timer is shortened to Skew_Time: the better router need not wait for three ' +
          'adverts of a worse one',
      ),
      shownBy: [backup],
    },
    {
      section: '6.4.3',
      level: 'MUST',
      rule: 'The Master answers ARP requests for the addresses.',
      standing: met,
      shownBy: [answersAlone],
    },
    {
      section: '6.4.3',
      level: 'MUST',
      rule: 'The Master forwards packets to the MAC address of the virtual router.',
      standing: notApplicable('connections end here and new ones lead to the origins'),
      shownBy: [takesAlone],
    },
    {
      section: '6.4.3',
      level: 'MUST NOT',
      rule: 'A Master that does not own the addresses does not accept packets to them.',
      standing: departure(
        'clients connect to them: that is what a load balancer is for. `accept: false` says otherwise',
      ),
      shownBy: [
        test(
          'testbed/lab/virtual-mac.lab.test.ts',
          'a virtual MAC',
          'answers and takes nothing in with accept: false',
        ),
      ],
    },
    {
      section: '6.4.3',
      level: 'MUST',
      rule: 'A Master that owns the addresses accepts packets to them.',
      standing: met,
      shownBy: [
        test(
          'keepalive/agent-network.test.ts',
          'addresses',
          'of an owner stay when the agent stops, if they were there before it',
        ),
      ],
    },
    {
      section: '6.4.3',
      level: 'rule',
      rule:
        'Master: advertise when the timer fires and when priority 0 is heard; on Shutdown advertise ' +
        'priority 0; give way to a higher priority, or an equal one from a greater address.',
      standing: met,
      shownBy: [master],
    },
    {
      section: '6.4.3',
      level: 'rule',
      rule: 'Master, any other advert: discard it.',
      standing: departureUnlessStrict(
        'it is also answered at once, as RFC 9568 asks: the sender has not heard us',
      ),
      shownBy: [
        master,
        test(
          'keepalive/virtual-router/step.test.ts',
          'RFC 9568 section 6.4.3, Active',
          'of VRRPv2 in strict mode discards a lower priority (RFC 3768 section 6.4.3)',
        ),
      ],
    },
    {
      section: '8.2',
      level: 'MUST NOT',
      rule: 'The Master does not answer ARP requests with its physical MAC address.',
      standing: metInVmacMode(ownMac),
      shownBy: [moves, answersAlone],
    },
    {
      section: '8.2',
      level: 'SHOULD NOT',
      rule:
        'After a start no ARP message with the physical MAC address is sent for an address ' +
        'that the router owns.',
      standing: metInVmacMode(ownMac),
      shownBy: [moves, answersAlone],
    },
    {
      section: '8.2',
      level: 'SHOULD',
      rule: 'A router that configures its interface broadcasts gratuitous ARP, once the address is there.',
      standing: met,
      shownBy: [
        test(
          'keepalive/io/network.lab.test.ts',
          'the wire',
          'carries announcements that tshark finds no fault with',
        ),
        test(
          'keepalive/agent-announce.test.ts',
          'an address is announced only once the kernel has it, and not when it is given up before',
        ),
      ],
    },
    {
      section: '8.3',
      level: 'MUST',
      rule: 'Proxy ARP answers with the virtual router’s MAC address.',
      standing: notApplicable('Tandem answers for its own addresses only, never for others'),
      shownBy: [answersAlone],
    },
    {
      section: '8.4',
      level: 'SHOULD NOT',
      rule: 'A Master that does not own the addresses does not forward packets to them.',
      standing: met,
      shownBy: [takesAlone],
    },
    {
      section: '9.1',
      level: 'SHOULD',
      rule: 'FDDI: the virtual MAC address is a filter, not the address of the hardware.',
      standing: notApplicable(ethernet),
      shownBy: [oddLinks],
    },
    {
      section: '9.2',
      level: 'MUST',
      rule: 'Token ring: functional addresses, and optionally unicast ones.',
      standing: notApplicable(ethernet),
      shownBy: [oddLinks],
    },
  ],
};
