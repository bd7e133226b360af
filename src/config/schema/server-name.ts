/** The name that a server is asked for and expected to be, where TLS is spoken with it. */
import { hostnameProblem } from '../endpoints.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { documented, spelled } from './field.ts';

const serverNameAllowed = 'a host name, such as api.example.com';

function parseServerName(text: string): Parsed<string> {
  const reason = hostnameProblem(text);
  return reason === null ? parsed(text.toLowerCase()) : refused(reason);
}

/** `server_name`. */
export function serverNameField(byDefault: string) {
  return documented(spelled(serverNameAllowed, parseServerName, (text) => text).optional(), {
    doc: 'Name to ask for (SNI) and to expect in the certificate.',
    allowed: serverNameAllowed,
    default: byDefault,
  });
}
