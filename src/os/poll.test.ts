import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const os = (file: string) => new URL(`./${file}`, import.meta.url).href;

/** A process in which nothing happens but what the script does with one watched socket. */
function alone(script: string): string {
  const prelude = `
    import { libc } from '${os('libc.ts')}';
    import { watchReadable } from '${os('poll.ts')}';
    import { sdNotify, unixAddress } from '${os('sd-notify.ts')}';
    import { SocketMessage } from '${os('socket-message.ts')}';
    const path = '@tandem-poll-' + process.pid;
    const fd = libc().socket(1, 2 | 0o4000, 0);
    const address = unixAddress(path);
    libc().bind(fd, address, address.length);
    const message = new SocketMessage(64);
    const say = (text) => sdNotify(text, { NOTIFY_SOCKET: path });
    const read = () => message.receive(fd, 0, path) ? Buffer.from(message.data()).toString() : null;
    const fail = (error) => { throw error; };
  `;
  const flags = ['--expose-gc', '--input-type=module', '-e', prelude + script];
  return execFileSync(process.execPath, flags, { encoding: 'utf8', timeout: 10_000 });
}

describe('a watched descriptor', () => {
  it('calls for everything there is to read, and ends with close', () => {
    const output = alone(`
      const watch = watchReadable(fd, path, () => {
        const text = read();
        console.log(text);
        if (text === 'two') watch.close(), watch.close();
      }, fail);
      say('one'); say('two'); say('never read');`);
    expect(output).toBe('one\ntwo\n');
  });

  it('lets promises settle although nothing else happens', () => {
    const output = alone(`
      const watch = await new Promise((resolve) => {
        const watch = watchReadable(fd, path, () => { read(); resolve(watch); }, fail);
        say('wake up');
      });
      console.log('settled');
      watch.close();`);
    expect(output).toBe('settled\n');
  });

  it('goes on after garbage collection, held by nobody', () => {
    const output = alone(`
      watchReadable(fd, path, () => { console.log(read()); process.exit(); }, fail);
      for (let i = 0; i < 5; i++) { gc(); await new Promise(setImmediate); }
      say('still there');`);
    expect(output).toBe('still there\n');
  });

  it("turns a callback's exception into an uncaught one, and goes on", () => {
    const output = alone(`
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      const watch = watchReadable(fd, path, () => {
        const text = read();
        if (text === 'last') return watch.close();
        throw new Error(text);
      }, fail);
      say('first'); setTimeout(() => say('last'), 20);`);
    expect(output).toBe('uncaught first\n');
  });
});
