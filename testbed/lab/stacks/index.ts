/** Every stack a drill can run on, by name. */
import { keepalivedHaproxy, keepalivedNginx } from './debian.ts';
import type { Stack, StackName } from './stack.ts';
import { tandem } from './tandem.ts';

export const stacks: Readonly<Record<StackName, Stack>> = {
  tandem,
  'keepalived-nginx': keepalivedNginx,
  'keepalived-haproxy': keepalivedHaproxy,
};
