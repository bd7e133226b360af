/**
 * Accepts while no descriptor is left, then while there are some. Prints the port, the error, and when
 * somebody was accepted.
 */
import { closeSync, openSync } from 'node:fs';
import { openListenSocket } from '../../../src/os/listen-socket.ts';
import { UringEngine } from './uring-engine.ts';

const options = { host: '127.0.0.1', port: 0, backlog: 8, freeBind: false, reusePort: false };
const { fd, port } = openListenSocket(options);
const held: number[] = [];
let errors = 0;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

new UringEngine().listen(fd, {
  onConnection() {
    say('accepted');
    process.exit();
  },
  onError(code) {
    errors++;
    if (errors === 1) say(code);
    // It has tried again, so it goes on by itself.
    if (errors === 3) for (const descriptor of held.splice(0)) closeSync(descriptor);
  },
});
say(`port ${port}`);
try {
  for (;;) held.push(openSync('/dev/null', 'r'));
} catch {
  say('none left');
}
