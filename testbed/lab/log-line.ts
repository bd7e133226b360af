import { readFileSync } from 'node:fs';
import type { LabProcess } from './host.ts';
import { waitUntil } from './wait-until.ts';

/** A program writes its log a moment after it has acted, when it has nothing better to do. */
const LOG_TIMEOUT_MS = 3_000;

/** Waits until the process has logged something that matches; rejects with the whole log. */
export function logged({ logFile }: Pick<LabProcess, 'logFile'>, pattern: RegExp): Promise<void> {
  const text = () => readFileSync(logFile, 'utf8');
  return waitUntil(`a line like ${pattern}`, () => pattern.test(text()), LOG_TIMEOUT_MS).catch(
    (error: Error) => {
      throw new Error(`${error.message}\n${text()}`);
    },
  );
}
