/** What `tandem check` says of folders that a config names and this host does not have. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EffectiveConfig, Finding } from '../config/index.ts';

/** Warnings only: the balancer starts all the same, and whoever checks may be on another host. */
export function folderFindings(config: EffectiveConfig): readonly Finding[] {
  const logs = Object.entries(config.listeners).flatMap(([name, listener]) => {
    const to = listener.protocol === 'udp' ? undefined : listener.access_log?.to;
    if (typeof to !== 'object' || !('file' in to) || to.file === undefined) return [];
    const path = ['listeners', name, 'access_log', 'to', 'file'];
    return missing(dirname(to.file), path, 'no line could be written');
  });
  const what = 'bodies too long for memory could not be buffered';
  const temporary = buffers(config)
    ? missing(config.proxy.temp_directory, ['proxy', 'temp_directory'], what)
    : [];
  return [...logs, ...temporary];
}

function buffers({ listeners }: EffectiveConfig): boolean {
  return Object.values(listeners).some(
    (listener) =>
      listener.protocol === 'http' &&
      [listener, ...listener.routes].some(
        ({ buffering }) => Boolean(buffering?.request) || Boolean(buffering?.response),
      ),
  );
}

function missing(folder: string, path: Finding['path'], follows: string): Finding[] {
  try {
    if (statSync(folder).isDirectory()) return [];
  } catch (error) {
    // Who may not look cannot say that it is not there.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return [];
  }
  const message = `${folder}: there is no such folder; ${follows}`;
  return [{ severity: 'warning', path, part: 'value', message }];
}
