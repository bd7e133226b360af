import type { Connection, ConnectionHandler } from './engine.ts';

/** Everything a connection told its owner, in order. */
export class Recorder implements ConnectionHandler {
  connection!: Connection;
  readonly events: string[] = [];
  received = '';
  errorCode: string | null | undefined;
  /** What to do with data beside recording it. */
  also: (bytes: Buffer, start: number, end: number) => void = () => {};

  onConnect(): void {
    this.events.push('connect');
  }

  onData(bytes: Buffer, start: number, end: number): void {
    this.received += bytes.toString('latin1', start, end);
    this.also(bytes, start, end);
  }

  onEnd(): void {
    this.events.push('end');
  }

  onDrain(): void {
    this.events.push('drain');
  }

  onClose(errorCode: string | null): void {
    this.events.push('close');
    this.errorCode = errorCode;
  }
}
