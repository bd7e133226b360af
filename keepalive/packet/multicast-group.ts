/** Where advertisements go: 224.0.0.18 (RFC 9568 section 5.1.1.2) or ff02::12 (5.1.2.2). */
export function multicastGroup(family: 4 | 6): Uint8Array {
  return family === 4
    ? Uint8Array.of(224, 0, 0, 18)
    : Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12);
}
