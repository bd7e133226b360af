import { DatagramClient, type DatagramPath, DatagramServer } from '../../src/os/datagram-socket.ts';
import { OsError } from '../../src/os/errors.ts';
import { formatIp } from '../../src/os/ip-address.ts';
import { decodeSocketAddress } from '../../src/os/socket-address.ts';
import { IPPROTO_IP } from '../../src/os/socket-constants.ts';
import type {
  ChannelHandler,
  DatagramChannel,
  DatagramEngine,
  DatagramPort,
  PortHandler,
  ReturnPath,
} from './datagrams.ts';

/** Datagrams by system calls: dgram cannot answer from the address that was asked. */
export class KernelDatagrams implements DatagramEngine {
  bind(fd: number, label: string, handler: PortHandler): DatagramPort {
    const server = new DatagramServer(fd, label, {
      onDatagram: (payload, flow, path) => handler.onDatagram(payload, flow, path),
      onError: ({ code }) => handler.onError(code),
    });
    return {
      send: (payload, path) => codeOf(() => server.send(payload, path as DatagramPath)) === null,
      readQueued: () => server.readQueued(),
      close: () => server.close(),
    };
  }

  connect(host: string, port: number, handler: ChannelHandler): DatagramChannel | string {
    let client: DatagramClient | undefined;
    const failure = codeOf(() => {
      client = new DatagramClient(host, port, {
        onAnswer: (payload) => handler.onAnswer(payload),
        onError: ({ code }) => handler.onError(code),
      });
    });
    if (client === undefined) return failure ?? 'EIO';
    const opened = client;
    return {
      send: (payload) => codeOf(() => opened.send(payload)),
      close: () => opened.close(),
    };
  }

  addressOf(path: ReturnPath): string {
    const address = decodeSocketAddress(path.peer);
    return address === null ? '' : formatIp(address.ip);
  }

  ownAddressOf(path: ReturnPath): string {
    const [info] = (path as DatagramPath).control;
    if (info === undefined) return '';
    // struct in_pktinfo: index, address to answer from, destination; in6_pktinfo begins with the address.
    const [start, end] = info.level === IPPROTO_IP ? [4, 8] : [0, 16];
    return formatIp(info.data.subarray(start, end));
  }
}

/** Why a system call failed, or null. */
function codeOf(call: () => void): string | null {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof OsError) return error.code;
    throw error;
  }
}
