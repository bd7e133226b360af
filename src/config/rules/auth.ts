/** What authentication needs of the rest of the file. */
import { familyOf } from '../addresses.ts';
import type { EffectiveConfig, EffectiveRouter } from '../effective.ts';
import type { ConfigPath } from '../problem.ts';
import { error, type Rule, warning } from './rule.ts';

interface Guarded {
  readonly router: EffectiveRouter;
  readonly auth: NonNullable<EffectiveRouter['auth']>;
  readonly path: ConfigPath;
}

function guarded(config: EffectiveConfig): readonly Guarded[] {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    const { auth } = router;
    return auth === undefined ? [] : [{ router, auth, path: ['virtual_routers', name, 'auth'] }];
  });
}

/** A password is VRRPv2's, and was taken out of it by RFC 3768. */
export const passwordsFit: Rule = ({ config }) => {
  return guarded(config).flatMap(({ router, auth, path: at }) => {
    if (auth.password === undefined) return [];
    const path = [...at, 'password'];
    if (router.version !== 2) {
      return [error(path, 'VRRP version 3 has no password; allowed: version 2 with it', 'key')];
    }
    if (router.addresses.some(({ address }) => familyOf(address) === 6)) {
      const message =
        'IPv6 is always version 3, which has no password; allowed: IPv4 alone with it';
      return [error(path, message, 'key')];
    }
    if (!router.strict_rfc) return [];
    const message = 'RFC 3768 has no password; allowed: password or strict_rfc, one of the two';
    return [error(path, message, 'key')];
  });
};

/** Keys that can sign, and one way of proof. */
export const authKeysFit: Rule = ({ config }) => {
  return guarded(config).flatMap(({ router, auth, path }) => {
    const ids = Object.keys(auth.keys ?? {}).map(Number);
    if (ids.length === 0) {
      if (auth.password !== undefined) return [];
      return [error(path, 'proves nothing; needed: keys, or password', 'key')];
    }
    if (auth.password !== undefined) {
      return [error(path, 'found keys and password; allowed: one of the two', 'key')];
    }
    if (router.strict_rfc) {
      const message = 'RFC 9568 has no authentication; allowed: keys or strict_rfc, one of the two';
      return [error([...path, 'keys'], message, 'key')];
    }
    const { active_key: active } = auth;
    if (active === undefined) {
      if (ids.length === 1) return [];
      const message = `found keys ${ids.join(', ')}; needed: active_key, the one that signs`;
      return [error([...path, 'keys'], message, 'key')];
    }
    if (ids.includes(active)) return [];
    const message = `found ${active}, and keys has ${ids.join(', ')}; allowed: one of those`;
    return [error([...path, 'active_key'], message)];
  });
};

/** Protection that is not there yet. */
export const authEnforced: Rule = ({ config }) => {
  return guarded(config).flatMap(({ auth, path }) => {
    if (auth.keys === undefined || auth.mode === 'enforce') return [];
    const message =
      auth.mode === 'off'
        ? 'nothing is signed, and any host on the network can take the addresses'
        : 'any host on the network can take the addresses until mode is enforce';
    return [warning([...path, 'mode'], message)];
  });
};
