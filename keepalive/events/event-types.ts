/**
 * The table of event types: one row is all that a new type needs. What an event carries, what the
 * compiler allows to be emitted, what docs/EVENTS.md says and what the tests demand follow from it.
 */
import { decimal, type FieldValue, flag, integer, oneOf, text, texts, values } from './field.ts';

const states = ['Initialize', 'Backup', 'Active'] as const;
const trackerKinds = [
  'proxy',
  'upstream',
  'interface',
  'gateway',
  'script',
  'file',
  'process',
  'address',
  'send',
  'group',
] as const;

const router = text('Name of the virtual router; `web.ipv6` for the IPv6 half of `web`.');
const device = text('The interface.');
const why = text('One sentence for a person; its words may change.');
const peer = text('Name of the other node.');

/** What made addresses move, or want to, by agreement. */
export const handoverCauses = ['operator', 'priority', 'preempted', 'stop'] as const;
/** Why there was no agreement. */
export const handoverRefusals = [
  'not-connected',
  'no-answer',
  'peer-refused',
  'cannot',
  'overtaken',
] as const;

const handoverCause = oneOf(
  handoverCauses,
  '`operator`: `tandem handover`; `priority`: that of the Active node fell; `preempted`: the better ' +
    'node takes them back; `stop`: the Active agent was told to stop.',
);

/** Types by name. Fields are only ever added; a reader passes over what it does not know. */
export const eventTypes = {
  started: {
    doc: 'The agent has built its virtual routers and enters the election. Always sequence 1.',
    fields: {
      node: text('Name of this node.'),
      digest: text('SHA-256 of the config file, hexadecimal.'),
    },
  },
  stopping: {
    doc: 'The agent was told to stop: it resigns, and takes its addresses off.',
    fields: { node: text('Name of this node.') },
  },
  transition: {
    doc: 'A virtual router changed its state.',
    fields: {
      router,
      vrid: integer('Its VRID.'),
      interface: device,
      from: oneOf(states, 'State before.'),
      to: oneOf(states, 'State now.'),
      priority: integer('Effective priority at that moment.'),
      why,
      evidence: values(
        'The same as values: always `reason` (a word that does not change), and as they apply ' +
          '`peer`, `peerPriority`, `silentMs`, `stalledMs`, `member`, `cause`.',
      ),
    },
  },
  priority: {
    doc: 'The effective priority of a virtual router changed.',
    fields: {
      router,
      before: integer('Priority before, 1-255.'),
      priority: integer('Priority now, 1-255.'),
      reasons: texts('What counts for or against it now; empty: every tracker is well.'),
    },
  },
  tracker: {
    doc: 'What a tracker with a weight does to the priority changed.',
    fields: {
      router,
      kind: oneOf(trackerKinds, 'What is tracked.'),
      name: text('Name of the tracker in the config.'),
      weight: integer('What it adds to the priority now; 0: nothing.'),
      reason: text('Why, for a person.'),
    },
  },
  'fault-raised': {
    doc:
      'Something puts the router at fault (priority 2 or 1): a tracker of weight 0, a dead ' +
      'balancer, a kernel that refuses the address or the advertisements, a group member that ' +
      'cannot take part.',
    fields: {
      router,
      kind: oneOf(trackerKinds, 'What is at fault; `address` and `send`: this host itself.'),
      name: text('Name of the tracker in the config, or the kind again.'),
      severity: oneOf(['fault', 'dead'], '`fault`: priority 2; `dead`: priority 1.'),
      reason: text('Why, for a person.'),
    },
  },
  'fault-cleared': {
    doc: 'The fault is over.',
    fields: {
      router,
      kind: oneOf(trackerKinds, 'What was at fault.'),
      name: text('Name of the tracker in the config, or the kind again.'),
    },
  },
  waiting: {
    doc: 'What keeps a virtual router out of the election changed.',
    fields: {
      router,
      interface: device,
      cause: oneOf(
        ['nothing', 'link-down', 'interface-missing', 'no-source-address', 'socket-error', 'stop'],
        '`nothing`: it can take part.',
      ),
    },
  },
  'peer-heard': {
    doc: 'Another router advertises: the first one heard, or another one than before.',
    fields: {
      router,
      peer: text('Address that it advertises from.'),
      priority: integer('Priority that it advertises.'),
    },
  },
  'peer-lost': {
    doc: 'The Active router that was followed is gone: silent, lost by BFD, or it resigned.',
    fields: {
      router,
      peer: text('Address that it advertised from.'),
      how: oneOf(['silence', 'peer-lost', 'resigned'], '`peer-lost`: BFD lost it.'),
      why,
    },
  },
  'bfd-up': {
    doc: 'A BFD session came up.',
    fields: { interface: device, peer: text("The peer's address.") },
  },
  'bfd-down': {
    doc: 'A BFD session that was up fell.',
    fields: {
      interface: device,
      peer: text("The peer's address."),
      cause: text('A word that does not change: `silence`, `neighbor-down`, `path-down`, ...'),
      why,
    },
  },
  'lease-armed': {
    doc: 'The kernel lets this host speak for the addresses, for as long as adverts leave.',
    fields: { router },
  },
  'lease-lost': {
    doc: 'The lease is not armed any more, although nobody here ended it.',
    fields: {
      router,
      silent: flag('Our adverts may not have left for some time, so the router looks around.'),
    },
  },
  'lease-unavailable': {
    doc: 'There is no lease: a stalled host answers until its addresses run out.',
    fields: { router, reason: text('What the kernel said.') },
  },
  'addresses-meddled': {
    doc: 'Somebody else changed virtual addresses on this host; it is being undone.',
    fields: {
      router,
      interface: device,
      addresses: texts('The addresses concerned.'),
      change: oneOf(['removed', 'added'], 'What somebody did.'),
    },
  },
  'addresses-restored': {
    doc: 'Addresses that somebody had removed are back, and are announced again.',
    fields: { router, interface: device },
  },
  'routes-meddled': {
    doc: 'Somebody else changed virtual routes on this host; it is being undone.',
    fields: {
      router,
      interface: device,
      routes: texts('The routes concerned, in the words of `ip route`.'),
      change: oneOf(['removed', 'added'], 'What somebody did.'),
    },
  },
  'duplicate-found': {
    doc: 'Somebody else answers for an address of ours, and goes on; it is kept here.',
    fields: {
      router,
      mac: text('Hardware address of the other one.'),
      address: text('The virtual address concerned.'),
      partner: flag('Another node of this file; else a stranger.'),
    },
  },
  'duplicate-yielded': {
    doc: 'The other node answers as well, unheard: the addresses were given up to it.',
    fields: {
      router,
      mac: text('Hardware address of the other node.'),
      address: text('The virtual address on which it was noticed.'),
    },
  },
  'duplicate-gone': {
    doc: 'Nobody else answers for the address any more; it is announced again.',
    fields: {
      router,
      mac: text('Hardware address of the other one.'),
      address: text('The virtual address concerned.'),
      forMs: decimal('From its first claim to its last.'),
    },
  },
  'takeover-postponed': {
    doc:
      'No advertisements arrive, but the peer answers on a side link that it is Active and reaches ' +
      'its witness: this node does not take the addresses.',
    fields: { router, interface: device },
  },
  'postponement-over': {
    doc: 'The peer does not keep this node from taking the addresses any more.',
    fields: {
      router,
      how: oneOf(
        ['heard', 'claimed', 'left'],
        '`heard`: advertisements arrive again; `claimed`: no answer came, and this node took ' +
          'over; `left`: this node left the election.',
      ),
      forMs: decimal('How long it did.'),
      answers: integer('How many answers it took.'),
    },
  },
  'announcement-verified': {
    doc: 'The peer finds all addresses here: the network believes the announcement of the claim.',
    fields: { router, afterMs: decimal('From the claim to its answer.') },
  },
  'announcement-contested': {
    doc: 'After a claim the peer still finds addresses elsewhere; they are announced again.',
    fields: { router, elsewhere: texts('`ADDRESS at MAC`, as others answered the peer.') },
  },
  'handover-given': {
    doc:
      'The peer took the addresses by agreement. The connections that this host has on them are served ' +
      'here until they end: `drain-begun` follows.',
    fields: {
      router,
      peer,
      cause: handoverCause,
      tookMs: decimal('From the first word to the peer.'),
    },
  },
  'handover-received': {
    doc:
      'This node took the addresses by agreement. Packets of connections that it does not know are ' +
      'passed on to the peer while that one drains.',
    fields: {
      router,
      peer,
      cause: handoverCause,
      tookMs: decimal('From the first word of the two.'),
    },
  },
  'handover-refused': {
    doc:
      'The addresses were to move by agreement, and there was none. What had to move moved as VRRP ' +
      'moves it, which breaks the connections; what an operator asked for stayed.',
    fields: {
      router,
      peer,
      cause: handoverCause,
      refusal: oneOf(
        handoverRefusals,
        '`not-connected`: the agents are not connected; `no-answer`: none in time; `peer-refused`: the ' +
          'peer said no; `cannot`: this host cannot do it; `overtaken`: the router changed its state ' +
          'meanwhile.',
      ),
      why,
    },
  },
  'drain-begun': {
    doc: 'The peer has the addresses, and the connections that this host has on them go on here.',
    fields: { router, peer, forMs: decimal('What is left after this is cut.') },
  },
  'drain-ended': {
    doc: 'No connection of the addresses is served here any more, unless the router is Active again.',
    fields: {
      router,
      how: oneOf(
        ['empty', 'timeout', 'claimed', 'abandoned'],
        '`empty`: the last connection has ended; `timeout`: `drain_timeout` was over; `claimed`: this ' +
          'node holds the addresses again; `abandoned`: the router stopped, or its link was lost.',
      ),
      forMs: decimal('How long it took.'),
      connections: integer(
        'Left at the end, as the kernel counts: cut, unless `claimed`. -1: not known.',
      ),
    },
  },
  hold: {
    doc: '`tandem hold`: whether the addresses stay where they are unless their host fails.',
    fields: {
      on: flag('It began; else it was released.'),
      by: oneOf(
        ['operator', 'restart'],
        '`restart`: the agent started, and was held when it ended.',
      ),
    },
  },
  'preempt-held': {
    doc: 'This node is the better one, and waits before it takes the addresses back.',
    fields: {
      router,
      waitMs: decimal('How long.'),
      recent: integer('How often it took them lately.'),
    },
  },
  'woke-late': {
    doc: 'This process did not run for a while, and the router did not trust its timer.',
    fields: {
      router,
      lateMs: decimal('How late the timer was.'),
      waitMs: decimal('How long the router listens before it acts.'),
    },
  },
} as const;

/** Names of the types. */
export type EventType = keyof typeof eventTypes;

type FieldsOf<T extends EventType> = (typeof eventTypes)[T]['fields'];

/** What is emitted: a type and its fields. */
export type AgentEvent = {
  [T in EventType]: { readonly type: T } & {
    readonly [F in keyof FieldsOf<T>]: FieldValue<FieldsOf<T>[F]>;
  };
}[EventType];

/** Takes one event. Never throws, never waits. */
export type EventSink = (event: AgentEvent) => void;
