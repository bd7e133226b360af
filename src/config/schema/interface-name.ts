/** Names of network interfaces, as values and as keys. */
import { z } from 'zod';
import { foundMessage } from '../found.ts';
import { type Parsed, parsed, refused } from '../parsed.ts';
import { fieldError, spelled } from './field.ts';

/** Words for `interfaceValue`. */
export const interfaceAllowed = 'a network interface name of 1 to 15 characters, such as eth0';

/** The kernel's own rule (dev_valid_name), less control and non-ASCII characters. */
function parseInterface(text: string): Parsed<string> {
  if (text.length > 15) return refused('too long');
  if (text === '.' || text === '..' || !/^[!-~]+$/.test(text)) return refused('');
  return /[/:%]/.test(text) ? refused('"/", ":" and "%" cannot be in one') : parsed(text);
}

/** Name of an interface. */
export const interfaceValue = spelled(interfaceAllowed, parseInterface, (text) => text);

/** Name of an interface as the key of a map. */
export const interfaceKey = z
  .string({ error: fieldError(interfaceAllowed) })
  .superRefine((text, context) => {
    const result = parseInterface(text);
    if (result.ok) return;
    const message = foundMessage(text, interfaceAllowed, result.reason);
    context.addIssue({ code: 'custom', message, input: text });
  });
