/** `virtual_routers.NAME.auth`: how adverts prove whose they are. */
import { z } from 'zod';
import { settings } from '../settings.ts';
import {
  choiceAllowed,
  choiceValue,
  documented,
  fieldError,
  integerAllowed,
  integerValue,
} from './field.ts';
import { secretAllowed, secretValue } from './secret.ts';

const { keyId, keysMax, modes } = settings.auth;

const keyIdAllowed = `${integerAllowed(keyId)} as key id`;
const keysAllowed = `a map of 1 to ${keysMax} keys by id (${keyId.min} to ${keyId.max})`;

const keyIdValue = z
  .string({ error: fieldError(keyIdAllowed) })
  .regex(/^([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])$/, { error: fieldError(keyIdAllowed) });

const authSchema = z.strictObject({
  keys: documented(
    z
      .record(keyIdValue, secretValue, { error: fieldError(keysAllowed) })
      .refine((map) => Object.keys(map).length >= 1 && Object.keys(map).length <= keysMax, {
        error: `allowed: ${keysAllowed}`,
      })
      .optional(),
    {
      doc:
        'Keys by id, equal on all hosts: each advert then carries an HMAC-SHA256 and a sequence ' +
        'number, so that no other host on the network can forge or replay one. A key is 32 to 64 ' +
        'bytes, or `hex:` and their digits; `openssl rand -hex 32` makes one. Any of them is ' +
        'accepted: to change a key, add the new one everywhere, then make it active, then drop ' +
        'the old one.',
      allowed: `${keysAllowed}, each ${secretAllowed}`,
      default: 'none',
      danger: 'A keepalived before 2.4.1, and every other VRRP router, discards signed adverts.',
    },
  ),
  active_key: documented(integerValue(keyId).optional(), {
    doc: 'Id of the key that signs.',
    allowed: integerAllowed(keyId),
    default: 'the only one of keys',
  }),
  mode: documented(choiceValue(modes).prefault('enforce'), {
    doc:
      'What becomes of adverts without an HMAC: `enforce` discards them, `permissive` believes ' +
      'and counts them, for the time in which not every host has the keys; `off` signs nothing ' +
      'and looks at nothing. A wrong or replayed HMAC is discarded in both.',
    allowed: choiceAllowed(modes),
    default: 'enforce',
    danger: 'As long as it is permissive, any host on the network can take the addresses.',
  }),
  password: documented(secretValue.optional(), {
    doc:
      "VRRPv2's plain text password (RFC 2338, keepalived's `auth_type PASS`): 1 to 8 bytes, " +
      'equal on all hosts. Only with version 2, and not beside keys.',
    allowed: secretAllowed,
    default: 'none',
    danger: 'Everybody on the network can read it. It keeps mistakes out, and no attacker.',
  }),
});

/** `auth`. */
export const authField = documented(authSchema.optional(), {
  doc: 'Proof that adverts come from a host that may take part. Others are refused and counted.',
  allowed: 'a map with keys, or with password',
  default: 'none',
});
