/** Space and tab around a comma; everything else that JavaScript calls white space is part of a value. */
const SEPARATOR = /[ \t]*,[ \t]*/;

/**
 * The members of a comma-separated list (RFC 9110 5.6.1) in lower case, empty ones included. The value
 * has no white space around it, as the scanner leaves it. A no-break space is no white space in HTTP:
 * who takes `chunked` followed by one for `chunked` disagrees with everybody else about the body.
 */
export function listMembers(value: string): readonly string[] {
  return value.toLowerCase().split(SEPARATOR);
}
