/** `virtual_routers.NAME.auth`: how adverts prove whose they are. */
import { z } from 'zod';
import { documented } from './field.ts';
import { secretAllowed, secretValue } from './secret.ts';

const authSchema = z.strictObject({
  password: documented(secretValue, {
    doc:
      "VRRPv2's plain text password (RFC 2338, keepalived's `auth_type PASS`): 1 to 8 bytes, " +
      'equal on all hosts. Only with version 2.',
    allowed: secretAllowed,
    default: null,
    danger: 'Everybody on the network can read it. It keeps mistakes out, and no attacker.',
  }),
});

/** `auth`. */
export const authField = documented(authSchema.optional(), {
  doc: 'Proof that adverts come from a host that may take part. Others are refused and counted.',
  allowed: 'a map with password',
  default: 'none',
});
