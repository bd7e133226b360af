/** MAC addresses as text. Pure. */

/** `02:00:00:00:00:0b` */
export function formatMac(mac: Uint8Array): string {
  return [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** RFC 9568 section 7.3: the hardware address that every host of a virtual router shares. */
export function isVirtualMac(mac: string, vrid: number): boolean {
  const last = vrid.toString(16).padStart(2, '0');
  return mac === `00:00:5e:00:01:${last}` || mac === `00:00:5e:00:02:${last}`;
}
