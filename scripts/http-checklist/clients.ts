/** Who the client is, and whom we believe about it. */
import { test } from '../conformance/evidence.ts';
import { row, type Subject } from './row.ts';
import { canonicalRequest } from './tests.ts';

const identity = 'proxy/http1/client-identity.test.ts';
const field = 'proxy/http1/forwarded-field.test.ts';
const headers = 'proxy/proxy-protocol/proxy-protocol.test.ts';
const listeners = 'proxy/proxy-protocol/listeners.test.ts';
const stranger = 'of a client that nobody vouches for';
const trusted = 'behind a trusted proxy';
const tcp = 'a TCP listener with accept_proxy';

/** Rows about client identity. */
export const clients: Subject = {
  title: 'Client identity',
  rows: [
    row(
      'practice',
      'What a client says about itself is replaced.',
      'X-Forwarded-For, -Proto, -Host, -Port, X-Real-IP and Forwarded',
      test(identity, stranger, 'what it says about itself is replaced'),
      test(identity, stranger, 'the same is replaced where others are trusted'),
    ),
    row(
      'practice',
      'A field that only a proxy in front may send is dropped from anybody else.',
      '`client_ip.header`, such as cf-connecting-ip',
      test(identity, stranger, 'the field in which a CDN names clients does not pass'),
    ),
    row(
      '7239 4; practice',
      'What a trusted proxy says is continued, not replaced.',
      '`client_ip.trusted`',
      test(identity, trusted, 'the chain is continued, and the rest kept as it came'),
      test(identity, trusted, 'Forwarded is continued, and begun anew when it is malformed'),
    ),
    row(
      'practice',
      'A chain that the proxies in front do not keep may be what a client wrote.',
      'begun anew with the client, then the proxy',
      test(identity, trusted, 'a chain that the proxy does not keep is begun anew with the client'),
    ),
    row(
      'practice',
      'X-Forwarded-Proto, -Host and -Port of a trusted proxy are kept; without them they are ours to set.',
      'so',
      test(identity, trusted, 'the chain is continued, and the rest kept as it came'),
      test(identity, trusted, 'what it does not say is ours to say'),
    ),
    row(
      'practice',
      'A chain is read from the right, through trusted proxies only.',
      'the first address that is not one is the client',
      test(identity, 'the client', 'of X-Forwarded-For: %s [said first by a stranger]'),
      test(identity, 'the client', 'of X-Forwarded-For: %s [said behind two proxies]'),
      test(identity, 'the client', 'of Forwarded: %s is %s'),
    ),
    row(
      'practice',
      'A chain that cannot be read names no client.',
      'the last address that is sure counts',
      test(identity, 'the client', 'of X-Forwarded-For: %s [not told by the last proxy]'),
      test(identity, 'the client', 'of X-Forwarded-For: %s [not told by the one before]'),
    ),
    row(
      'practice',
      'A chain is bounded.',
      '32 hops are looked at',
      test(identity, 'the client', 'of a chain that is too long is the last that was looked at'),
    ),
    row(
      'practice',
      'A field of a CDN has one address, once.',
      'else the proxy itself counts as the client',
      test(identity, 'the client', 'of a field of its own with %s [two]'),
      test(identity, 'the client', 'of a field of its own with %s [no address]'),
    ),
    row(
      'practice',
      'Each request behind a proxy may be of another client.',
      'told request by request, also on one connection',
      test(identity, trusted, 'each request on a connection is told of by itself'),
    ),
    row(
      '7239 4, 6',
      'Forwarded is read strictly: tokens, quotes, each parameter once.',
      'anything else is malformed',
      test(field, 'Forwarded', 'with %s is malformed'),
      test(field, 'Forwarded', 'never fails on anything, and reads back what we write'),
    ),
    row(
      '7239 6',
      'IPv6 stands in brackets and quotes; nodes may be unknown or obfuscated, with a port or not.',
      'so',
      test(field, 'Forwarded', '%j is read'),
      test(field, 'Forwarded', 'never fails on anything, and reads back what we write'),
    ),
    row(
      '7239 4',
      'Servers may be told in Forwarded, in X-Forwarded-*, in both, or not at all.',
      '`forwarded`; a kind that is not chosen never passes',
      test(
        identity,
        stranger,
        'Forwarded can be sent in place of X-Forwarded-*, beside it, or neither',
      ),
    ),
    row(
      '9112 11.1',
      'Nothing that came in makes a line of its own: no response or request splitting.',
      'values have no CR, LF or NUL by then; a property over what trusted proxies say, and over damaged heads',
      test(
        identity,
        'whatever a trusted proxy says',
        'makes no line that nobody meant, and no field twice',
      ),
      canonicalRequest,
    ),
    row(
      'practice',
      'The PROXY protocol is accepted from listed peers only.',
      'others are refused, or served as they are',
      test(listeners, tcp, 'believes nobody else: refuses, or serves as they are'),
      test(
        listeners,
        'an HTTP listener with accept_proxy',
        'resets who does not send one, before any request',
      ),
    ),
    row(
      'practice',
      'Its addresses are those that servers are told.',
      'so, on kept connections too',
      test(
        listeners,
        'an HTTP listener with accept_proxy',
        "forwards the client's address, over a kept-alive connection too",
      ),
    ),
    row(
      'practice',
      'Its header has a deadline.',
      '`accept_proxy.timeout`',
      test(listeners, tcp, 'resets a listed peer whose header is late'),
    ),
    row(
      'practice',
      'Its version 2 is bounded, and its checksum is checked.',
      'refused',
      test(headers, 'version 2', 'refuses %s'),
      test(headers, 'version 2', 'notices any bit that flips under a checksum'),
    ),
  ],
};
