/** Reads the pair's secret where the config says that it is. */
import type { SecretSource } from '../config/agent-config.ts';
import { readSecretText, secretPlace } from '../config/secret-text.ts';
import { settings } from '../config/settings.ts';

/** The secret, or why there is none; `warning`: it is there, and others can read it. */
export type Secret =
  | { readonly ok: true; readonly secret: Buffer; readonly warning: string | null }
  | { readonly ok: false; readonly reason: string };

/** Never throws. White space around the secret does not count: editors leave a line end. */
export function readSecret(source: SecretSource, env: NodeJS.ProcessEnv): Secret {
  const found = readSecretText(source, env);
  if (!found.ok) return found;
  const secret = Buffer.from(found.text);
  const { min, max } = settings.pair.secretBytes;
  if (secret.length < min || secret.length > max) {
    const reason =
      `${secretPlace(source)} holds ${secret.length} bytes; needed: ${min} to ` +
      `${max}, such as what \`openssl rand -base64 32\` prints`;
    return { ok: false, reason };
  }
  return { ok: true, secret, warning: found.warning };
}
