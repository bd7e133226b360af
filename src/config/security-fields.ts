/**
 * The fields of `security_headers: strict`, in one table; docs/REWRITING.md prints it (a test sees to
 * it). A field is given where a response has none of its own.
 */

/** A field of the preset. */
export interface SecurityPreset {
  readonly value: string;
  /** It says something only where the client spoke https (RFC 6797 7.2). */
  readonly secure?: true;
}

export const securityFields = {
  'Strict-Transport-Security': { value: 'max-age=31536000; includeSubDomains', secure: true },
  'X-Content-Type-Options': { value: 'nosniff' },
  'X-Frame-Options': { value: 'DENY' },
  'Content-Security-Policy': {
    value: "frame-ancestors 'none'; object-src 'none'; base-uri 'self'",
  },
  'Referrer-Policy': { value: 'strict-origin-when-cross-origin' },
  'Permissions-Policy': {
    value: 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  },
  'Cross-Origin-Opener-Policy': { value: 'same-origin' },
  'Cross-Origin-Resource-Policy': { value: 'same-origin' },
  'X-Permitted-Cross-Domain-Policies': { value: 'none' },
  // What used to be a protection could be used for attacks, so it is switched off (OWASP).
  'X-XSS-Protection': { value: '0' },
} as const satisfies Readonly<Record<string, SecurityPreset>>;

/** A name out of the table. */
export type SecurityFieldName = keyof typeof securityFields;

/** The names, in the order in which they are sent. */
export const securityFieldNames = Object.keys(securityFields) as SecurityFieldName[];
