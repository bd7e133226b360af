/** The desks of both processes, with the file's reader, and what SIGHUP does there. */
import { FOLLOWER_MARGIN_MS, RELOAD_PREPARED_MAX_MS } from '../reload/limits.ts';
import { afterMs, ReloadDesk } from '../reload/reload-desk.ts';
import { SignalReload } from '../reload/signal-reload.ts';
import { halvesOf } from '../reload/socket-half.ts';
import { type AgentReloadParts, prepareAgentReload } from './agent-reload.ts';
import { type BalancerReloadParts, prepareBalancerReload } from './balancer-reload.ts';
import { ConfigReader } from './config-reader.ts';
import type { ProcessOptions } from './load-in-worker.ts';

/** What the process was started with. */
export interface ReloadPlace {
  /** As it has read the file at its start. */
  readonly options: ProcessOptions;
  readonly runtimeDir: string;
}

/** Reloads of one half. */
export interface Reloads {
  readonly desk: ReloadDesk;
  /** SIGHUP. */
  readonly request: () => void;
  close(): void;
}

/** Of the agent's process. */
export function startAgentReloads(
  place: ReloadPlace,
  parts: Omit<AgentReloadParts, 'reader'>,
): Reloads {
  const reader = new ConfigReader(place.options);
  const halves = halvesOf(place.runtimeDir);
  const balancer = halves.find(({ name }) => name === 'balancer')!;
  const desk = new ReloadDesk({
    half: 'agent',
    prepare: () => prepareAgentReload({ ...parts, reader }),
    running: () => parts.applied.config.digest,
    preparedMaxMs: RELOAD_PREPARED_MAX_MS + FOLLOWER_MARGIN_MS,
    leader: () => balancer.report(),
    after: afterMs,
    log: parts.log,
  });
  return reloads(desk, reader, new SignalReload(halves, parts.log));
}

/** Of the balancer's process. */
export function startBalancerReloads(
  place: ReloadPlace,
  parts: Omit<BalancerReloadParts, 'reader'>,
): Reloads {
  const reader = new ConfigReader(place.options);
  const desk = new ReloadDesk({
    half: 'balancer',
    prepare: () => prepareBalancerReload({ ...parts, reader }),
    running: () => parts.applied.config.digest,
    preparedMaxMs: RELOAD_PREPARED_MAX_MS,
    after: afterMs,
    log: parts.log,
  });
  return reloads(desk, reader, new SignalReload(halvesOf(place.runtimeDir), parts.log));
}

function reloads(desk: ReloadDesk, reader: ConfigReader, signal: SignalReload): Reloads {
  return {
    desk,
    request: signal.request,
    close() {
      desk.close();
      reader.close();
    },
  };
}
