import net from 'node:net';
import { check, libc } from './libc.ts';

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
/** An eventfd gives its eight bytes; room for more tells libuv that there are no more. */
const READ_BYTES = 16;
/** What a socket of node:net has inside, not documented: a pipe, which takes any descriptor that can be read. */
const PIPE_KIND = 0;
type PipeClass = new (kind: number) => { open(fd: number): number; close(): void };

/** Node's sockets are not as they were: they take no eventfd. */
export class EventDescriptorError extends Error {
  override readonly name = 'EventDescriptorError';
}

/** An eventfd on Node's event loop. */
export interface EventDescriptor {
  /** Node's, which closes it; also when its thread ends, in whatever way. */
  readonly fd: number;
  /** Whether it keeps the process alive. */
  keepAlive(on: boolean): void;
  close(): void;
}

/**
 * An eventfd, and a call whenever something was written to it, which is read. Not over koffi's poll handle: an
 * event for that one in a thread that is being terminated aborts the whole process. Throws OsError, or
 * EventDescriptorError.
 */
export function openEventDescriptor(onEvent: () => void): EventDescriptor {
  const Pipe = pipeClass();
  const fd = check(libc().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), 'eventfd', '0');
  const pipe = new Pipe(PIPE_KIND);
  if (pipe.open(fd) !== 0) {
    pipe.close();
    libc().close(fd);
    throw new EventDescriptorError('node:net does not read from an eventfd');
  }
  const options = {
    handle: pipe,
    readable: true,
    writable: false,
    onread: {
      buffer: new Uint8Array(READ_BYTES),
      callback() {
        onEvent();
        return true;
      },
    },
  };
  const socket = new net.Socket(options as unknown as net.SocketConstructorOpts);
  return {
    fd,
    keepAlive: (on) => void (on ? socket.ref() : socket.unref()),
    close: () => void socket.destroy(),
  };
}

let found: PipeClass | undefined;

/** The class of what node:net reads pipes with; looked for once a thread. */
function pipeClass(): PipeClass {
  if (found !== undefined) return found;
  const socket = new net.Socket();
  // Nobody listens at a device: it is refused at once, and only wanted for the handle it makes.
  socket.on('error', () => {});
  socket.connect({ path: '/dev/null' });
  const { _handle: handle } = socket as unknown as { _handle: { constructor: unknown } | null };
  if (handle === null) throw new EventDescriptorError('node:net has no handle for a pipe');
  found = handle.constructor as PipeClass;
  socket.destroy();
  return found;
}
