import { libc } from './libc.ts';
import { IPPROTO_TCP, TCP_INFO } from './socket-constants.ts';

/** `struct tcp_info` up to and with `tcpi_bytes_acked` (Linux 4.1). */
const ACKED_AT = 120;
const INFO_BYTES = ACKED_AT + 8;

/** What the peer of a TCP connection has acknowledged, in bytes; 0 when the kernel does not say. */
export function acknowledgedBytes(fd: number): number {
  const info = new Uint8Array(INFO_BYTES);
  const length = new Uint8Array(Int32Array.of(INFO_BYTES).buffer);
  if (fd < 0 || libc().getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, length) < 0) return 0;
  return Number(new DataView(info.buffer).getBigUint64(ACKED_AT, true));
}
