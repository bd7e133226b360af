/** Classic BPF programs that decide in the kernel which packets a socket gets. */
import { allocateStable } from './native.ts';
import { SO_ATTACH_FILTER, SOL_SOCKET } from './socket-constants.ts';
import { setOption } from './socket-option.ts';

/** `struct sock_filter`: opcode, jumps counted from the next instruction, operand. */
export interface FilterInstruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly k: number;
}

/** `struct sock_fprog` of a program; its memory lives as long as the process, so make it once. */
export function packetFilter(instructions: readonly FilterInstruction[]): Uint8Array {
  const code = allocateStable(instructions.length * 8);
  const codeView = new DataView(code.bytes.buffer);
  instructions.forEach(({ code: opcode, jumpTrue, jumpFalse, k }, index) => {
    codeView.setUint16(index * 8, opcode, true);
    codeView.setUint8(index * 8 + 2, jumpTrue);
    codeView.setUint8(index * 8 + 3, jumpFalse);
    codeView.setUint32(index * 8 + 4, k, true);
  });
  const header = allocateStable(16);
  const headerView = new DataView(header.bytes.buffer);
  headerView.setUint16(0, instructions.length, true);
  headerView.setBigUint64(8, code.address, true);
  return header.bytes;
}

/** Attaches a program to a socket, in place of an earlier one. Throws OsError. */
export function attachFilter(fd: number, filter: Uint8Array): void {
  setOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter, `${fd}, SO_ATTACH_FILTER`);
}
