/** Reads the secrets of virtual routers, when a config is about to be used on this host. */
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
  readonly bytesMin: number;
  readonly bytesMax: number;
}

function wantedIn(config: EffectiveConfig): readonly Wanted[] {
  return Object.entries(config.virtual_routers).flatMap(([name, { auth }]): Wanted[] => {
    if (auth === undefined) return [];
    const path = ['virtual_routers', name, 'auth', 'password'];
    const bytesMax = settings.auth.passwordBytesMax;
    return [{ path, source: auth.password, bytesMin: 1, bytesMax }];
  });
}

/**
 * Reads them all. A secret that cannot be read is a finding of the severity given; one that was read
 * and cannot be right is an error. Never throws, and no finding quotes a secret.
 */
export function readSecrets(
  config: EffectiveConfig,
  env: NodeJS.ProcessEnv,
  unreadable: Finding['severity'],
): { readonly held: HeldSecrets; readonly findings: readonly Finding[] } {
  const held = new Map<SecretSource, Uint8Array>();
  const findings: Finding[] = [];
  for (const { path, source, bytesMin, bytesMax } of wantedIn(config)) {
    const say = (severity: Finding['severity'], message: string) =>
      findings.push({ severity, path, part: 'value', message });
    const read = readSecretText(source, env);
    if (!read.ok) {
      say(unreadable, read.reason);
      continue;
    }
    const secret = Buffer.from(read.text);
    if (secret.length < bytesMin || secret.length > bytesMax) {
      const allowed = `allowed: ${bytesMin} to ${bytesMax} bytes`;
      say('error', `${secretPlace(source)} holds ${secret.length} bytes; ${allowed}`);
    }
    if (read.warning !== null) say('warning', read.warning);
    held.set(source, secret);
  }
  return { held, findings };
}
