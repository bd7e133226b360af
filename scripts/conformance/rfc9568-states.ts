/** RFC 9568 section 6: parameters, timers and the three states. */
import {
  type Chapter,
  departure,
  departureUnlessStrict,
  met,
  metInVmacMode,
  metUnless,
  notApplicable,
  test,
} from './requirement.ts';

const steps = 'keepalive/virtual-router/rfc9568.test.ts';
const startup = `${steps} > 6.4.1, Startup`;
const backup = `${steps} > 6.4.2, Backup`;
const active = `${steps} > 6.4.3, Active`;
const stories =
  'keepalive/virtual-router/step.golden.test.ts > the stories are as they were written down';
const moves = test(
  'testbed/lab/virtual-mac.lab.test.ts',
  'a virtual MAC',
  'moves with the addresses, and no neighbour notices',
);
const wire = 'testbed/lab/rfc9568.lab.test.ts > on the wire, IPv%i';
const discovery = 'testbed/lab/rfc9568.lab.test.ts > neighbour discovery';
const answersAlone = test(
  wire,
  'only the Active router answers for the address, and with its own MAC',
);
const takesAlone = test(
  wire,
  'only the Active router takes packets to the address, whoever they are sent to',
);
const noRouterAdverts = test(
  discovery,
  'neither router sends a router advertisement, in any state',
);
const announcements = test(
  'keepalive/io/network.lab.test.ts',
  'the wire',
  'carries announcements that tshark finds no fault with',
);
const endHost =
  'connections end here, so the host is no default router of its clients, and hosts must not take it for one';

/** Rows of section 6. */
export const states: Chapter = {
  rfc: 9568,
  title: 'section 6: parameters, timers, states',
  requirements: [
    {
      section: '6.1',
      level: 'rule',
      rule: 'Defaults: priority 100 for a router that does not own the addresses.',
      standing: notApplicable(
        'the file names the priority of each node, so that who holds the addresses is no accident',
      ),
      shownBy: ['src/config/problems.test.ts > wrong configs > %s [types]'],
    },
    {
      section: '6.1',
      level: 'rule',
      rule: 'Default: an advert every second.',
      standing: met,
      shownBy: [
        test(
          'scripts/generate-config-reference.test.ts',
          'docs/CONFIG.md is what the schema says now (npm run docs writes it)',
        ),
      ],
    },
    {
      section: '6.1',
      level: 'rule',
      rule: 'Skew_Time is (256 - priority) / 256 of the Active router’s interval.',
      standing: met,
      shownBy: [
        test(
          'keepalive/virtual-router/timers.test.ts',
          'Skew_Time',
          'scales with the interval in version 3 (RFC 9568 section 6.1)',
        ),
      ],
    },
    {
      section: '6.1',
      level: 'rule',
      rule: 'Active_Down_Interval is three intervals and Skew_Time.',
      standing: met,
      shownBy: [
        test(
          'keepalive/virtual-router/timers.test.ts',
          'Active_Down_Interval is three intervals and the skew',
        ),
      ],
    },
    {
      section: '6.1',
      level: 'rule',
      rule: 'Preempt_Mode is true by default; the owner preempts whatever it says.',
      standing: met,
      shownBy: [
        test(
          'keepalive/virtual-router/step.test.ts',
          'RFC 9568 section 6.4.2, Backup',
          'that owns the addresses preempts even without Preempt_Mode',
        ),
      ],
    },
    {
      section: '6.4.1',
      level: 'rule',
      rule: 'Startup of the owner: advertise, announce the addresses, set Adver_Timer, become Active.',
      standing: met,
      shownBy: [`${startup} > of the address owner: advertise, announce, Adver_Timer, Active`],
    },
    {
      section: '6.4.1',
      level: 'rule',
      rule: 'Startup of any other router: own interval, set Active_Down_Timer, become Backup.',
      standing: metUnless('`startup_delay` makes the first Active_Down_Interval longer'),
      shownBy: [`${startup} > of any other router: own interval, Active_Down_Timer, Backup`],
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
      level: 'MUST NOT',
      rule: 'A Backup does not answer neighbour solicitations for the addresses.',
      standing: met,
      shownBy: [answersAlone],
    },
    {
      section: '6.4.2',
      level: 'MUST NOT',
      rule: 'A Backup sends no router advertisements for the virtual router.',
      standing: met,
      shownBy: [noRouterAdverts],
    },
    {
      section: '6.4.2',
      level: 'MUST',
      rule: 'A Backup discards packets to the MAC address of the virtual router.',
      standing: met,
      shownBy: [moves, takesAlone],
    },
    {
      section: '6.4.2',
      level: 'MUST NOT',
      rule: 'A Backup does not accept packets to the addresses.',
      standing: met,
      shownBy: [takesAlone],
    },
    {
      section: '6.4.2',
      level: 'rule',
      rule: 'Backup, Shutdown: cancel the timer, go to Initialize, say nothing.',
      standing: met,
      shownBy: [`${backup} > Shutdown: Active_Down_Timer cancelled, Initialize, not a word`],
    },
    {
      section: '6.4.2',
      level: 'rule',
      rule: 'Backup, Active_Down_Timer fires: advertise, announce, set Adver_Timer, become Active.',
      standing: departure(
        'a timer that fires late, because this process did not run, listens once more first; a node whose ' +
          'balancer was never ready waits 30 s. Without `strict_rfc` BFD may set the timer sooner, and a peer that ' +
          'vouches for itself on the side links once an interval later',
      ),
      shownBy: [
        stories,
        'keepalive/agent.test.ts > the balancer > that was never ready lets its node claim after 30 s',
        test(
          'testbed/lab/veto.lab.test.ts',
          'the switch eats adverts',
          'and the address stays, as the peer vouches with its witness; it is told and it ends',
        ),
        `${backup} > Active_Down_Timer fires: advertise, announce, Adver_Timer, Active`,
      ],
    },
    {
      section: '6.4.1, 6.4.2',
      errata: [7949],
      level: 'rule',
      rule: 'Becoming Active over IPv4: a gratuitous ARP message for each address, broadcast, with the virtual MAC.',
      standing: metInVmacMode('with the MAC of the interface, as the addresses have'),
      shownBy: [
        moves,
        announcements,
        'keepalive/packet/gratuitous-arp.test.ts > is an ARP announcement, byte for byte',
      ],
    },
    {
      section: '6.4.1, 6.4.2',
      level: 'rule',
      rule:
        'Becoming Active over IPv6: an unsolicited neighbour advertisement for each address, Router and ' +
        'Override set, Solicited clear, with the virtual MAC.',
      standing: metInVmacMode('with the MAC of the interface, as the addresses have'),
      shownBy: [
        moves,
        announcements,
        test(
          'keepalive/packet/unsolicited-na.test.ts',
          'is a neighbour advertisement with Router and Override, byte for byte',
        ),
      ],
    },
    {
      section: '6.4.1, 6.4.2, 6.4.3',
      level: 'MUST',
      rule: 'Becoming and being Active over IPv6: a member of the solicited-node group of each address.',
      standing: met,
      shownBy: [`${discovery} > the Active router, and it alone, is in the solicited-node group`],
    },
    {
      section: '6.4.2',
      level: 'rule',
      rule: 'Backup, priority 0 heard: Active_Down_Timer is Skew_Time.',
      standing: departureUnlessStrict(
        'only from the Active router that is followed: a third router on its way to Backup, ' +
          'or a forged packet, must not start a takeover',
      ),
      shownBy: [`${backup} > priority 0: Active_Down_Timer is Skew_Time`, stories],
    },
    {
      section: '6.4.2',
      level: 'rule',
      rule:
        'Backup, an advert that is not below our priority, or any without Preempt_Mode: take over its ' +
        'interval, work out Skew_Time and Active_Down_Interval anew, set the timer.',
      standing: departureUnlessStrict(
        'without Preempt_Mode an advert of priority 2 or less, which says that its sender is ' +
          'at fault, does not count as one to follow',
      ),
      shownBy: [
        `${backup} > priority %i, not below ours: interval, skew and timer anew`,
        `${backup} > without Preempt_Mode a lower priority starts the timer anew too`,
        stories,
      ],
    },
    {
      section: '6.4.2',
      level: 'rule',
      rule: 'Backup with Preempt_Mode, an advert below our priority: discard it, and let the timer run.',
      standing: departureUnlessStrict(
        'the timer is shortened to Skew_Time: the better router need not wait for three ' +
          'adverts of a worse one; or started anew while `preempt_delay` or the hold-down waits',
      ),
      shownBy: [
        `${backup} > with Preempt_Mode a lower priority is discarded, and the timer runs on`,
        stories,
        'keepalive/virtual-router/hold-down.test.ts > preempt_delay > is off in strict mode',
      ],
    },
    {
      section: '6.4.3',
      level: 'MUST',
      rule: 'The Active router answers ARP requests for the addresses.',
      standing: met,
      shownBy: [answersAlone],
    },
    {
      section: '6.4.3',
      level: 'MUST',
      rule: 'The Active router answers neighbour solicitations for the addresses, with the Router flag.',
      standing: departure(
        `the kernel answers, and sets the flag only on a host that forwards: ${endHost}`,
      ),
      shownBy: [
        `${discovery} > answers carry the Router flag on a host that forwards, and only there`,
      ],
    },
    {
      section: '6.4.3',
      level: 'MUST',
      rule: 'The Active router sends router advertisements for the virtual router.',
      standing: notApplicable(endHost),
      shownBy: [noRouterAdverts],
    },
    {
      section: '6.4.3',
      level: 'MUST',
      rule: 'The Active router forwards packets to the MAC address of the virtual router.',
      standing: notApplicable(
        'connections end here and new ones lead to the origins; whether the host forwards ' +
          'anything besides is the host’s own business (net.ipv4.ip_forward), which Tandem ' +
          'leaves alone',
      ),
      shownBy: [takesAlone],
    },
    {
      section: '6.4.3, 6.1',
      level: 'MUST',
      rule: 'The Active router accepts packets to the addresses if it owns them or Accept_Mode is true.',
      standing: met,
      shownBy: [takesAlone],
    },
    {
      section: '6.4.3, 6.1',
      level: 'MUST NOT',
      rule: 'Otherwise (the default of Accept_Mode is false) it does not accept them.',
      standing: departure(
        'clients connect to the addresses, so it is true unless `accept: false` says otherwise',
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
      section: '6.1, 6.4.3',
      level: 'MUST NOT',
      rule: 'Neighbour solicitations and advertisements are not dropped when Accept_Mode is false.',
      standing: met,
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
      level: 'rule',
      rule: 'Active, Shutdown: cancel the timer, advertise priority 0, go to Initialize.',
      standing: met,
      shownBy: [`${active} > Shutdown: Adver_Timer cancelled, priority 0, Initialize`],
    },
    {
      section: '6.4.3',
      level: 'rule',
      rule: 'Active, Adver_Timer fires: advertise, set the timer anew.',
      standing: departure(
        'after three intervals in which this process did not run it looks around first: a Backup may have taken over',
      ),
      shownBy: [
        test(
          'keepalive/virtual-router/step.test.ts',
          'a stalled Active router',
          'says nothing until it has looked around',
        ),
        `${active} > Adver_Timer fires: advertise, and the timer anew`,
      ],
    },
    {
      section: '6.4.3',
      level: 'rule',
      rule: 'Active, priority 0 heard: advertise at once, set the timer anew.',
      standing: met,
      shownBy: [`${active} > priority 0: advertise at once, and the timer anew`],
    },
    {
      section: '6.4.3',
      level: 'rule',
      rule:
        'Active, a higher priority, or an equal one from a greater address (unsigned, in network order): ' +
        'become Backup with its interval, the skew that follows, and the timer set.',
      standing: departureUnlessStrict(
        'it advertises once more, so that a winner which never heard it announces the addresses again',
      ),
      shownBy: [
        `${active} > %s: Backup with its interval, skew and timer`,
        test(
          'keepalive/virtual-router/election.test.ts',
          'the election',
          'compares addresses as unsigned numbers in network order',
        ),
      ],
    },
    {
      section: '6.4.3',
      level: 'rule',
      rule: 'Active, any other advert: discard it, and advertise at once.',
      standing: met,
      shownBy: [`${active} > %s: discarded, and answered at once`],
    },
  ],
};
