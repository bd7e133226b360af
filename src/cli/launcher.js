#!/usr/bin/env node
// Plain JavaScript that any Node can parse: the place where an operator who starts Tandem with the
// distribution's older Node is told so, instead of meeting a syntax error from deep inside.
import { existsSync } from 'node:fs';

const NODE_MAJOR_MIN = 26;
const major = Number(process.versions.node.split('.')[0]);
if (major < NODE_MAJOR_MIN) {
  process.stderr.write(
    `tandem: needs Node.js ${NODE_MAJOR_MIN} or newer; this is ${process.version} (${process.execPath}).\n` +
      '  In a checkout, `npm ci` brings the right one: node_modules/.bin/node dist/src/cli/launcher.js\n',
  );
  process.exit(2);
}

// Left to itself, Node opens its debugger to everybody on the host; a log rotation may come at any time.
process.on('SIGUSR1', () => {});
// So may an order to reload, of which a half that has just begun to start need not die.
if (['run', 'keepalive', 'proxy'].includes(process.argv[2] ?? '')) process.on('SIGHUP', () => {});

// The same launcher serves the built tree (main.js) and, in development, the sources (main.ts).
const built = new URL('./main.js', import.meta.url);
await import(existsSync(built) ? built.href : new URL('./main.ts', import.meta.url).href);
