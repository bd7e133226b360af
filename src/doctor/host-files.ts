/** Files of the kernel and the host, of which any may be missing or closed to this user. */
import { readFileSync } from 'node:fs';

/** Its text; null when it cannot be read. */
export function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** A number that is all there is in a file; null when it cannot be read or is something else. */
export function numberIn(path: string): number | null {
  const text = textOf(path)?.trim();
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}

/** A setting by the name that sysctl(8) has for it; null where the kernel has none. */
export function sysctl(name: string): number | null {
  return numberIn(sysctlPath(name));
}

/** Names of interfaces may have dots in them; there a slash stands for the dot, as in sysctl.conf. */
export function sysctlPath(name: string): string {
  const parts = name.split('.').map((part) => part.replaceAll('/', '.'));
  return `/proc/sys/${parts.join('/')}`;
}

/** The part of a setting's name that stands for an interface. */
export function interfaceKey(device: string): string {
  return device.replaceAll('.', '/');
}

/** Bytes for a person: `512 MiB`, `11.6 GiB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let value = bytes;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${value < 10 && at > 0 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}

/** `1,048,576`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}
