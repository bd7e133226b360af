/** What authentication needs of the rest of the file. */
import { familyOf } from '../addresses.ts';
import { error, type Rule } from './rule.ts';

/** A password is VRRPv2's, and was taken out of it by RFC 3768. */
export const passwordsFit: Rule = ({ config }) => {
  return Object.entries(config.virtual_routers).flatMap(([name, router]) => {
    if (router.auth === undefined) return [];
    const path = ['virtual_routers', name, 'auth', 'password'];
    if (router.version !== 2) {
      return [error(path, 'VRRP version 3 has no password; allowed: version 2 with it', 'key')];
    }
    if (router.addresses.some(({ address }) => familyOf(address) === 6)) {
      const message =
        'IPv6 is always version 3, which has no password; allowed: IPv4 alone with it';
      return [error(path, message, 'key')];
    }
    if (router.strict_rfc) {
      const message = 'RFC 3768 has no password; allowed: password or strict_rfc, one of the two';
      return [error(path, message, 'key')];
    }
    return [];
  });
};
