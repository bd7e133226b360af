/**
 * What a simulated host can do besides advertising and holding addresses is added in parts, one file
 * each: BFD, and whatever else the agent gets a port for. SimHost lists them.
 */
import type { AgentPorts, NetworkPort } from '../ports.ts';
import type { Frame } from './sim-lan.ts';

/** One agent process on a host. */
export interface SimProcess {
  /** False once it was killed, or another one took its place. */
  alive(): boolean;
  /** Runs in the process: now, after it resumes, or never when it is gone. */
  run(callback: () => void): void;
}

/** One part of a host. */
export interface HostPart {
  /** What it adds to the ports of an agent process. */
  ports?(process: SimProcess): Partial<AgentPorts>;
  /** What it adds to the network port of an agent process, or does in another way. */
  network?(process: SimProcess): Partial<NetworkPort>;
  /** A frame arrives at the host, whosever it is. Neither without a link nor on a frozen host. */
  receive?(frame: Frame): void;
  /** The process runs again, after the timers that were due. */
  resumed?(): void;
  /** The process is gone, and its sockets with it. */
  reset?(): void;
}
