/** A browser on a host of the lab: Debian's Chromium, in the host's namespaces, over DevTools' pipe. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import type { Host } from './host.ts';
import { findProgram } from './requirements.ts';

/** What it is called. */
export const browserProgram = 'chromium';

/**
 * Starts it. What it was, and was told, ends with its close. Root in a namespace has no sandbox to give
 * it, and it visits nothing but the lab.
 */
export function startBrowser(host: Host): Promise<Browser> {
  const program = findProgram(browserProgram) ?? browserProgram;
  const command = host.namespace.enter([program]).map((word) => `'${word}'`);
  const executablePath = join(host.folder, 'browser.sh');
  // Descriptors 3 and 4 are the pipe: `exec` and nsenter leave them open.
  writeFileSync(executablePath, `#!/bin/sh\nexec ${command.join(' ')} "$@"\n`);
  chmodSync(executablePath, 0o755);
  const args = ['--disable-dev-shm-usage', '--disable-gpu'];
  const env = { ...process.env, HOME: host.folder };
  return chromium.launch({ executablePath, args, env, chromiumSandbox: false });
}
