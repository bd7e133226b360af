/** Reads the secrets of the file, when a config is about to be used on this host. */
import type { SecretSource } from './agent-config.ts';
import type { EffectiveConfig } from './effective.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { readSecretText, secretPlace } from './secret-text.ts';
import { settings } from './settings.ts';

/** What secrets hold, by the entry of the config that names them. */
export type HeldSecrets = ReadonlyMap<SecretSource, Uint8Array>;

/** Where a secret is in the file, and how long it may be. */
interface Wanted {
  readonly path: ConfigPath;
  readonly source: SecretSource;
  readonly decode: (text: string) => Buffer;
  readonly bytes: { readonly min: number; readonly max: number };
  /** Without it all goes on, less well: why that is a pity. */
  readonly pity?: string;
}

/** Who reads secrets; each half reads its own only, and may be unable to read the others. */
export type SecretUser = 'agent' | 'balancer';

const WANTED: Readonly<Record<SecretUser, (config: EffectiveConfig) => readonly Wanted[]>> = {
  agent: (config) => [...wantedByPair(config), ...wantedByRouters(config)],
  balancer: (config) => [
    ...wantedByCookies(config),
    ...wantedByTickets(config),
    ...wantedByAdmin(config),
  ],
};

function textBytes(text: string): Buffer {
  return Buffer.from(text);
}

function wantedByPair({ pair }: EffectiveConfig): readonly Wanted[] {
  if (pair === undefined) return [];
  const bytes = settings.pair.secretBytes;
  return [{ path: ['pair', 'secret'], source: pair.secret, decode: textBytes, bytes }];
}

function wantedByCookies({ upstreams }: EffectiveConfig): readonly Wanted[] {
  return Object.entries(upstreams).flatMap(([name, { sticky }]): Wanted[] => {
    if (sticky?.secret === undefined) return [];
    const path = ['upstreams', name, 'sticky', 'secret'];
    return [{ path, source: sticky.secret, decode: textBytes, bytes: settings.pair.secretBytes }];
  });
}

/** Sessions are resumed on the other host only when both make their tickets of one secret. */
function wantedByTickets(config: EffectiveConfig): readonly Wanted[] {
  const issued = Object.values(config.listeners).some(
    (listener) => listener.protocol !== 'udp' && listener.tls?.session_tickets === true,
  );
  const pity = 'clients do not resume their TLS sessions on the other host';
  return issued ? wantedByPair(config).map((wanted) => ({ ...wanted, pity })) : [];
}

/** What is lost without each of the admin listener's tokens. */
const WITHOUT_TOKEN = {
  token: 'the admin listener tells nobody more than whether this host is up',
  operator_token: 'nobody orders anything on the admin listener',
} as const;

function wantedByAdmin({ admin }: EffectiveConfig): readonly Wanted[] {
  const bytes = settings.pair.secretBytes;
  return (['token', 'operator_token'] as const).flatMap((key): Wanted[] => {
    const source = admin?.[key];
    if (source === undefined) return [];
    const pity = WITHOUT_TOKEN[key];
    return [{ path: ['admin', key], source, decode: textBytes, bytes, pity }];
  });
}

function wantedByRouters(config: EffectiveConfig): readonly Wanted[] {
  const { passwordBytesMax, keyBytes } = settings.auth;
  return Object.entries(config.virtual_routers).flatMap(([name, { auth }]): Wanted[] => {
    const path = ['virtual_routers', name, 'auth'];
    // What is not used need not be there.
    const used = auth?.mode === 'off' ? {} : (auth?.keys ?? {});
    const keys = Object.entries(used).map(([id, source]) => ({
      path: [...path, 'keys', id],
      source,
      decode: keyBytesOf,
      bytes: keyBytes,
    }));
    if (auth?.password === undefined) return keys;
    const bytes = { min: 1, max: passwordBytesMax };
    const decode = (text: string) => Buffer.from(text);
    return [...keys, { path: [...path, 'password'], source: auth.password, decode, bytes }];
  });
}

/** As keepalived reads them: hexadecimal digits after `hex:`, else the text itself. */
function keyBytesOf(text: string): Buffer {
  const digits = /^hex:((?:[0-9a-fA-F]{2})*)$/.exec(text)?.[1];
  return digits === undefined ? Buffer.from(text) : Buffer.from(digits, 'hex');
}

/**
 * Reads them all, or those of some users. A secret that cannot be read is a finding of the severity
 * given; one that was read and cannot be right is an error. Never throws, and no finding quotes a
 * secret.
 */
export function readSecrets(
  config: EffectiveConfig,
  env: NodeJS.ProcessEnv,
  unreadable: Finding['severity'],
  users: readonly SecretUser[] = ['agent', 'balancer'],
): { readonly held: HeldSecrets; readonly findings: readonly Finding[] } {
  const held = new Map<SecretSource, Uint8Array>();
  const findings: Finding[] = [];
  const seen = new Set<SecretSource>();
  const wanted = users.flatMap((user) => WANTED[user](config));
  for (const { path, source, decode, bytes, pity } of wanted) {
    // Cookies may be signed with the pair's.
    if (seen.has(source)) continue;
    seen.add(source);
    const say = (severity: Finding['severity'], message: string) =>
      findings.push({ severity, path, part: 'value', message });
    const read = readSecretText(source, env);
    if (!read.ok) {
      if (pity === undefined) say(unreadable, read.reason);
      else say('warning', `${read.reason}: ${pity}`);
      continue;
    }
    const secret = decode(read.text);
    if (secret.length < bytes.min || secret.length > bytes.max) {
      const allowed = `allowed: ${bytes.min} to ${bytes.max} bytes`;
      say('error', `${secretPlace(source)} holds ${secret.length} bytes; ${allowed}`);
    }
    if (read.warning !== null) say('warning', read.warning);
    held.set(source, secret);
  }
  return { held, findings };
}

/** The same file for who is no agent and uses none of its secrets: it may be unable to read them. */
export function withoutSecrets(config: EffectiveConfig): EffectiveConfig {
  const routers = Object.entries(config.virtual_routers).map(([name, router]) => {
    const { auth: _auth, ...rest } = router;
    return [name, rest] as const;
  });
  return { ...config, pair: undefined, virtual_routers: Object.fromEntries(routers) };
}
