import { OsError } from '../../src/os/errors.ts';
import { PacketSocket } from '../../src/os/packet-socket.ts';
import { type LeaseScope, renewalFrame } from './lease-rules.ts';

/** Sends the frames that renew a unicast router's lease; the lease's rules consume each. */
export class LeaseRenewal {
  readonly #index: number;
  readonly #frame: Uint8Array;
  /** Opened with the first frame: other routers need none. */
  #socket: PacketSocket | undefined;

  constructor(scope: Pick<LeaseScope, 'interfaceIndex' | 'family' | 'vrid'>) {
    this.#index = scope.interfaceIndex;
    this.#frame = renewalFrame(scope);
  }

  /** Throws OsError: EPERM without CAP_NET_RAW, ENETDOWN... */
  send(): void {
    this.#socket ??= new PacketSocket();
    try {
      this.#socket.send(this.#index, this.#frame);
    } catch (error) {
      // A frame that the rules consume, whether it renewed or not, is reported so.
      if (!(error instanceof OsError) || error.code !== 'ENOBUFS') throw error;
    }
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}
