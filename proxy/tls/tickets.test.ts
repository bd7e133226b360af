/** Who resumes whose sessions. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ALICE, AUTHORITY, OTHER } from './certificates.fixture.ts';
import { TICKET_EPOCH_MS } from './limits.ts';
import { openssl } from './openssl.ts';
import { liveSessions, OpenSslSession } from './openssl-session.ts';
import { SavedSessions } from './saved-sessions.ts';
import { randomTicketSecret, TicketKeys } from './tickets.ts';
import { type ServerTlsOptions, TlsContext } from './tls-context.ts';
import { CLIENT_OPTIONS, SERVER_OPTIONS } from './tls-engine.fixture.ts';
import type { TlsInfo } from './tls-info.ts';

const SECRET = Buffer.from('what both hosts of the pair know of each other');
const NOW = 1_800_000_000_000;
/** All certificates have expired. */
const AFTER_ALL = Date.UTC(2126, 9, 29);

const made: TlsContext[] = [];

afterEach(() => {
  for (const context of made.splice(0)) context.dispose();
  expect(liveSessions()).toBe(0);
});

function serverOf(options: Partial<ServerTlsOptions>): TlsContext {
  const context = TlsContext.server({ ...SERVER_OPTIONS, ...options });
  made.push(context);
  return context;
}

/** Another process: its keys are its own. */
function keys(secret: Buffer, now = NOW): TicketKeys {
  return new TicketKeys(Buffer.from(secret), () => now);
}

function clientOf(maxVersion: '1.2' | '1.3'): TlsContext {
  const context = TlsContext.client({ ...CLIENT_OPTIONS, maxVersion, certificate: ALICE });
  made.push(context);
  return context;
}

const wire = Buffer.allocUnsafeSlow(65_536);
const plain = Buffer.allocUnsafeSlow(65_536);

/** One connection, resuming `saved` (0: nothing); what it came to, and what the next can resume. */
function connect(client: TlsContext, server: TlsContext, saved: number): [TlsInfo, number] {
  const ours = new OpenSslSession(client, 'client');
  const theirs = new OpenSslSession(server, 'server');
  ours.askFor('edge.test');
  if (saved !== 0) ours.resume(saved);
  const carry = (from: OpenSslSession, to: OpenSslSession) => {
    to.receive(wire, 0, from.collect(wire));
    if (!to.established) to.handshake();
    if (to.established) to.read(plain, 0, plain.length);
  };
  ours.handshake();
  for (let turn = 0; turn < 3; turn++) {
    carry(ours, theirs);
    carry(theirs, ours);
  }
  const info = theirs.info(null);
  const next = ours.save();
  ours.close();
  ours.collect(wire);
  ours.free();
  theirs.free();
  return [info, next];
}

/** Does a client that was at the one server resume at the other? */
function resumes(first: TlsContext, second: TlsContext, version: '1.2' | '1.3'): TlsInfo {
  const client = clientOf(version);
  const [before, saved] = connect(client, first, 0);
  expect(before.resumed).toBe(false);
  const [after, again] = connect(client, second, saved);
  for (const session of [saved, again]) if (session !== 0) openssl().SSL_SESSION_free(session);
  return after;
}

describe.each(['1.2', '1.3'] as const)('sessions of TLS %s', (version) => {
  it('are resumed by whoever has the same secret', () => {
    const [here, there] = [{ tickets: keys(SECRET) }, { tickets: keys(SECRET) }];
    expect(resumes(serverOf(here), serverOf(there), version).resumed).toBe(true);
    const stranger = serverOf({ tickets: keys(randomTicketSecret()) });
    expect(resumes(serverOf(here), stranger, version).resumed).toBe(false);
    expect(resumes(serverOf({}), serverOf({}), version).resumed).toBe(false);
  });

  it('outlive a change of keys, and clocks that are not quite the same', () => {
    const epochsLater = (epochs: number) => {
      const later = serverOf({ tickets: keys(SECRET, NOW + epochs * TICKET_EPOCH_MS) });
      return resumes(serverOf({ tickets: keys(SECRET) }), later, version).resumed;
    };
    expect(epochsLater(1)).toBe(true);
    expect(epochsLater(-1)).toBe(true);
    expect(epochsLater(2)).toBe(false);
    expect(epochsLater(-2)).toBe(false);
  });

  it('are resumed with a new certificate, but not at another listener', () => {
    const tickets = keys(SECRET);
    const first = serverOf({ tickets });
    expect(resumes(first, serverOf({ tickets, certificates: [OTHER] }), version).resumed).toBe(
      true,
    );
    const other = serverOf({ tickets, sessionContext: 'another' });
    expect(resumes(first, other, version).resumed).toBe(false);
  });

  it('bring the certificate of the client along, and let nobody in without one', () => {
    const clientCertificates = { mode: 'required', authorities: AUTHORITY, depth: 1 } as const;
    const strict = { tickets: keys(SECRET), clientCertificates };
    const { resumed, peerCertificate } = resumes(serverOf(strict), serverOf(strict), version);
    expect(resumed).toBe(true);
    expect(peerCertificate?.subject).toContain('CN=alice');
    const open = serverOf({ tickets: keys(SECRET) });
    expect(resumes(open, serverOf(strict), version).resumed).toBe(false);
  });

  it('end when the certificate of the client does', () => {
    const clientCertificates = { mode: 'required', authorities: AUTHORITY, depth: 1 } as const;
    const server = serverOf({ tickets: keys(SECRET), clientCertificates });
    const client = clientOf(version);
    const [, saved] = connect(client, server, 0);
    vi.useFakeTimers({ now: AFTER_ALL, toFake: ['Date'] });
    const [{ resumed }, again] = connect(client, server, saved);
    vi.useRealTimers();
    for (const session of [saved, again]) if (session !== 0) openssl().SSL_SESSION_free(session);
    expect(resumed).toBe(false);
  });
});

it('a saved session ends when the certificate of the server does, where that is verified', () => {
  const [, saved] = connect(clientOf('1.3'), serverOf({ tickets: keys(SECRET) }), 0);
  const sessions = new SavedSessions();
  const asked: number[] = [];
  const next = { resume: (session: number) => asked.push(session) } as unknown as OpenSslSession;
  sessions.keep({ save: () => saved } as unknown as OpenSslSession);
  sessions.resume(next, true);
  vi.useFakeTimers({ now: AFTER_ALL, toFake: ['Date'] });
  sessions.resume(next, false);
  sessions.resume(next, true);
  vi.useRealTimers();
  sessions.dispose();
  expect(asked).toEqual([saved, saved]);
});

describe('the keys of tickets', () => {
  it('follow from the secret and the time alone', () => {
    const one = keys(SECRET).current;
    expect(keys(SECRET, NOW + 1).current).toEqual(one);
    expect(keys(SECRET, NOW + TICKET_EPOCH_MS).current.name).not.toEqual(one.name);
    expect(keys(Buffer.from('other')).current.name).not.toEqual(one.name);
    expect([one.name, one.cipherKey, one.macKey].map(({ length }) => length)).toEqual([16, 32, 32]);
  });

  it('turn while they are used', () => {
    let now = NOW;
    const turning = new TicketKeys(SECRET, () => now);
    const { current } = turning;
    now += TICKET_EPOCH_MS;
    expect(turning.current).not.toEqual(current);
    expect(turning.find(current.name)).toEqual(current);
    now += TICKET_EPOCH_MS;
    expect(turning.find(current.name)).toBeNull();
  });
});
