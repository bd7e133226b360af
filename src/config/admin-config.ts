/** What the admin listener is made of. */
import type { SecretSource, VirtualAddress } from './agent-config.ts';
import { asList } from './as-list.ts';
import type { ConfigFile } from './schema/index.ts';
import type { HeldSecrets } from './secrets.ts';

export interface AdminConfig {
  readonly bind: { readonly host: string; readonly port: number };
  /** Null: plain HTTP, on loopback only. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** Null: whoever can connect may ask. */
  readonly token: Uint8Array | null;
  /** Null: nobody orders anything here. */
  readonly operatorToken: Uint8Array | null;
  /** Null: from everywhere. */
  readonly allow: readonly VirtualAddress[] | null;
}

/** Of a section that passed every rule. A token that was not read lets nobody in. */
export function compileAdmin(
  { bind, tls, token, operator_token, allow }: NonNullable<ConfigFile['admin']>,
  secrets: HeldSecrets,
): AdminConfig {
  return {
    bind,
    tls: tls ?? null,
    token: token === undefined ? null : heldOrEmpty(token, secrets),
    operatorToken: operator_token === undefined ? null : heldOrEmpty(operator_token, secrets),
    allow: allow === undefined ? null : asList(allow),
  };
}

/** Plain bytes: a Buffer would be another value than the same bytes that came from a thread. */
function heldOrEmpty(token: SecretSource, secrets: HeldSecrets): Uint8Array {
  return Uint8Array.from(secrets.get(token) ?? []);
}
