import type { Endpoint, EndpointOwner } from './endpoint.ts';
import type { FrameReader } from './frame-reader.ts';
import { ErrorCode, Flag, FrameType, STREAM_LARGEST } from './protocol.ts';
import { readSettings } from './settings.ts';
import { CONTROL_FRAME_BYTES_MAX, writePing, writeSettingsAck } from './write-frames.ts';

/** A PING of ours, to be told from others. */
export const PING_DATA: Buffer = Buffer.from('tandem-1');

/** Payloads that have one length only (RFC 9113 6). */
const CONTROL_LENGTHS: Readonly<Record<number, number>> = {
  [FrameType.priority]: 5,
  [FrameType.rstStream]: 4,
  [FrameType.ping]: 8,
  [FrameType.windowUpdate]: 4,
};

/** What an endpoint does with the frames that are neither content nor fields. */
export class ControlFrames {
  readonly #endpoint: Endpoint;
  readonly #owner: EndpointOwner;

  constructor(endpoint: Endpoint, owner: EndpointOwner) {
    this.#endpoint = endpoint;
    this.#owner = owner;
  }

  /** The frame that `reader` has is none of content or fields. */
  frame(reader: FrameReader): void {
    const { type, length } = reader;
    const fault = CONTROL_LENGTHS[type];
    if (fault !== undefined && fault !== length) {
      this.#endpoint.fail(ErrorCode.frameSizeError);
      return;
    }
    switch (type) {
      case FrameType.settings:
        this.#settings(reader);
        return;
      case FrameType.ping:
        this.#ping(reader);
        return;
      case FrameType.windowUpdate:
        this.#windowUpdate(reader);
        return;
      case FrameType.rstStream:
        this.#rstStream(reader);
        return;
      case FrameType.goaway:
        this.#goaway(reader);
        return;
      case FrameType.priority:
      case FrameType.priorityUpdate:
        this.#priority(reader);
        return;
      case FrameType.pushPromise:
        // Clients must not, and servers were told not to.
        this.#endpoint.fail(ErrorCode.protocolError);
        return;
      default:
        this.#endpoint.tolerate('unknown_frames');
    }
  }

  #settings(reader: FrameReader): void {
    const { payload, payloadStart, payloadEnd, stream, flags, length } = reader;
    const ack = (flags & Flag.ack) !== 0;
    if (stream !== 0 || (ack && length > 0)) {
      this.#endpoint.fail(stream !== 0 ? ErrorCode.protocolError : ErrorCode.frameSizeError);
      return;
    }
    if (ack || !this.#endpoint.tolerate('settings')) return;
    const { peer, output } = this.#endpoint;
    const before = peer.initialWindow;
    const fault = readSettings(payload, payloadStart, payloadEnd, peer);
    if (fault !== ErrorCode.noError) {
      this.#endpoint.fail(fault);
      return;
    }
    this.#endpoint.settled = true;
    this.#endpoint.encoder.limit(peer.headerTableSize);
    const delta = peer.initialWindow - before;
    if (delta !== 0) this.#owner.onWindowsChanged(delta);
    if (this.#endpoint.over) return;
    const out = output.room(CONTROL_FRAME_BYTES_MAX);
    output.at = writeSettingsAck(out, output.at);
    if (delta > 0) this.#endpoint.pump();
  }

  #ping(reader: FrameReader): void {
    const { payload, payloadStart, stream, flags } = reader;
    if (stream !== 0) {
      this.#endpoint.fail(ErrorCode.protocolError);
      return;
    }
    if ((flags & Flag.ack) !== 0) {
      if (payload.compare(PING_DATA, 0, 8, payloadStart, payloadStart + 8) === 0) {
        this.#owner.onPong();
      }
      return;
    }
    if (!this.#endpoint.tolerate('pings')) return;
    const { output } = this.#endpoint;
    const out = output.room(CONTROL_FRAME_BYTES_MAX);
    output.at = writePing(out, output.at, true, payload, payloadStart);
  }

  #windowUpdate(reader: FrameReader): void {
    const { payload, payloadStart, stream } = reader;
    const more = payload.readUInt32BE(payloadStart) & 0x7f_ff_ff_ff;
    if (!this.#endpoint.tolerate('window_updates')) return;
    if (stream !== 0) {
      this.#owner.onWindow(stream, more);
      return;
    }
    if (more === 0) this.#endpoint.fail(ErrorCode.protocolError);
    else if (!this.#endpoint.window.add(more)) this.#endpoint.fail(ErrorCode.flowControlError);
    else this.#endpoint.pump();
  }

  #rstStream(reader: FrameReader): void {
    const { payload, payloadStart, stream } = reader;
    if (stream === 0) this.#endpoint.fail(ErrorCode.protocolError);
    else this.#owner.onReset(stream, payload.readUInt32BE(payloadStart));
  }

  #goaway(reader: FrameReader): void {
    const { payload, payloadStart, stream, length } = reader;
    if (stream !== 0 || length < 8) {
      this.#endpoint.fail(stream !== 0 ? ErrorCode.protocolError : ErrorCode.frameSizeError);
      return;
    }
    const last = payload.readUInt32BE(payloadStart) & STREAM_LARGEST;
    this.#owner.onGoaway(last, payload.readUInt32BE(payloadStart + 4));
  }

  /** PRIORITY (RFC 9113 6.3) and PRIORITY_UPDATE (RFC 9218 7.1) are read, and change nothing. */
  #priority(reader: FrameReader): void {
    const { type, stream, length, payload, payloadStart } = reader;
    const update = type === FrameType.priorityUpdate;
    if (update ? stream !== 0 : stream === 0) {
      this.#endpoint.fail(ErrorCode.protocolError);
      return;
    }
    if (update && length < 4) {
      this.#endpoint.fail(ErrorCode.frameSizeError);
      return;
    }
    if (!update && (payload.readUInt32BE(payloadStart) & STREAM_LARGEST) === stream) {
      this.#endpoint.fail(ErrorCode.protocolError);
      return;
    }
    this.#endpoint.tolerate('priority');
  }
}
