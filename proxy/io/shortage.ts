/** Our own shortages: error codes of connecting that say nothing about the server, in words. */
const SHORTAGES: Readonly<Record<string, string>> = {
  EMFILE: 'no file descriptor left',
  ENFILE: 'no file descriptor left on this host',
  ENOBUFS: 'no buffer space left',
  ENOMEM: 'no memory left',
  EADDRNOTAVAIL: 'no local address or port left',
};

/** What this host lacks, going by the system's error code; undefined when the fault is elsewhere. */
export function shortage(errorCode: string): string | undefined {
  return SHORTAGES[errorCode];
}
