/** Which user the commands of the config run as. */
import { readFileSync } from 'node:fs';

/** A user that a command is started as; its supplementary groups are none. */
export interface CommandUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** In this order: the user the package makes, and the one every system has. */
const NAMES = ['tandem', 'nobody'] as const;

/**
 * The user for commands of a process that runs as root; null when the process does not, and they run
 * as its own user. Throws an Error when there is nobody, or this user namespace does not have them.
 */
export function commandUser(): CommandUser | null {
  if (process.geteuid?.() !== 0) return null;
  const user = findUser(readFileSync('/etc/passwd', 'utf8'));
  if (user === null) throw new Error(`there is no user ${NAMES.join(' or ')}`);
  const mapped =
    covers(readFileSync('/proc/self/uid_map', 'utf8'), user.uid) &&
    covers(readFileSync('/proc/self/gid_map', 'utf8'), user.gid);
  if (!mapped) throw new Error(`this user namespace does not have the user ${user.name}`);
  return user;
}

/** The first of the users in `/etc/passwd` (passwd(5)) that is not root under another name. */
export function findUser(passwd: string): CommandUser | null {
  const lines = passwd.split('\n').map((line) => line.split(':'));
  for (const wanted of NAMES) {
    const [name, , uid, gid] = lines.find(([name]) => name === wanted) ?? [];
    if (name !== undefined && Number(uid) > 0 && Number(gid) > 0) {
      return { name, uid: Number(uid), gid: Number(gid) };
    }
  }
  return null;
}

/** Lines of user_namespaces(7): first id inside, first id outside, count. */
function covers(map: string, id: number): boolean {
  return map
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .some(([first = 0, , count = 0]) => id >= first && id < first + count);
}
