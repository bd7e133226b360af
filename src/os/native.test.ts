import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NativeLibraryError, openLibrary } from './native.ts';

const os = (file: string) => new URL(`./${file}`, import.meta.url).href;

/** Runs a module in a process where koffi cannot be loaded. */
function withoutKoffi(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-native-'));
  const preload = join(folder, 'preload.cjs');
  writeFileSync(
    preload,
    `const { Module } = require('node:module');
     const load = Module._load;
     Module._load = (name, ...rest) => {
       if (name === 'koffi') throw new Error('no platform binary');
       return load(name, ...rest);
     };`,
  );
  try {
    const flags = ['--require', preload, '--input-type=module', '-e', script];
    return execFileSync(process.execPath, flags, { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a machine without the native library', () => {
  it('hears of it when it is needed, with what to do', () => {
    const output = withoutKoffi(`
      import { openListenSocket } from '${os('listen-socket.ts')}';
      try { openListenSocket({ host: '127.0.0.1', port: 0, backlog: 1 }); }
      catch (error) { console.log(error.name, error.message); }`);
    expect(output).toMatch(
      /^NativeLibraryError cannot load koffi on linux-\w+: no platform binary/,
    );
    expect(output).toContain('npm ci');
  });

  it('can use everything that needs none', () => {
    const output = withoutKoffi(`
      import { effectiveCapabilities } from '${os('capabilities.ts')}';
      import { formatIp, parseIp } from '${os('ip-address.ts')}';
      import '${os('netlink.ts')}';
      import '${os('nftables.ts')}';
      import '${os('raw-socket.ts')}';
      import '${os('scheduler.ts')}';
      import { sdNotify } from '${os('sd-notify.ts')}';
      effectiveCapabilities();
      console.log(formatIp(parseIp('::1')), sdNotify('READY=1', {}).sent);`);
    expect(output).toBe('::1 false\n');
  });

  it('is told how to get a missing system library', () => {
    const open = () => openLibrary('libtandem-nosuch.so.1', 'install it');
    expect(open).toThrow(NativeLibraryError);
    expect(open).toThrow(/cannot load libtandem-nosuch\.so\.1 on .*; install it$/);
  });
});
