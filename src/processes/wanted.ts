import { loadHere, type ProcessOptions } from './load-in-worker.ts';

/**
 * `--wanted`, for the ExecCondition of a unit: does the file ask for this half at all? 0: yes. 1: no,
 * and systemd skips the unit. A bad file is wanted, so that the start itself says what is wrong.
 */
export function wanted(half: 'keepalive' | 'proxy', options: ProcessOptions): 0 | 1 {
  const loaded = loadHere({ ...options, secretless: true });
  if (!loaded.ok) return 0;
  const part = half === 'keepalive' ? loaded.config.agent : loaded.config.proxy;
  return part === null ? 1 : 0;
}
