import { closeSync, fstatSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { closeDescriptor, duplicateDescriptor, openListenSocket } from '../src/os/listen-socket.ts';
import { HandedSockets } from './handed-sockets.ts';

const BIND = { host: '127.0.0.1', port: 0, backlog: 8, freeBind: false, reusePort: false };

function open(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

it('what a dead worker has not taken is closed, and no other file that has its number by now', () => {
  const own = openListenSocket(BIND).fd;
  const [left, closed, taken, early] = Array.from({ length: 4 }, () => duplicateDescriptor(own));
  const socketOf = (fd: number | null) => ({ listener: 'a', key: 'a', fd });
  const handed = new HandedSockets();
  handed.add(1, [socketOf(early!)]);
  handed.add(2, [socketOf(taken!)]);
  handed.add(3, [socketOf(left!), socketOf(closed!), socketOf(null)]);
  handed.takenBefore(2);
  handed.taken(2);
  closeDescriptor(closed!);
  // The lowest number that is free is given out first.
  const stranger = openSync('/dev/null', 'r');
  handed.closeLeft();
  expect(open(left!)).toBe(false);
  expect(stranger).toBe(closed);
  expect([stranger, taken!, early!, own].map(open)).toEqual([true, true, true, true]);
  handed.closeLeft();
  closeSync(stranger);
  for (const fd of [taken!, early!, own]) closeDescriptor(fd);
});
