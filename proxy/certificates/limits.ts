/** Bounds of certificates and of watching their files. */

/** Of one file with certificates, a key or an OCSP response; a bundle of authorities has 250 kB. */
export const FILE_BYTES_MAX = 4 * 1024 * 1024;

/** Certificates in one chain, the leaf included. */
export const CHAIN_MAX = 10;

/** Links that lead from one to the next on the way to a file; the kernel follows 40. */
export const LINKS_MAX = 40;

/** From the first sign of a change to the look at the files: certificate and key are two. */
export const SETTLE_MS = 300;

/** How often files are looked at although nothing was heard of them: inotify has blind spots. */
export const RECHECK_MS = 30_000;

/** Warned of before the end, in days. */
export const WARN_DAYS = [30, 14, 7, 1] as const;

/** Certificates that live for days are renewed in the last third: only then is it worth a word. */
export const WARN_LIFETIME_SHARE = 1 / 3;

/** Servers of one upstream whose sessions a worker can go on with; names bring new ones. */
export const SAVED_SESSIONS_MAX = 1024;

/** Clocks that differ by less do not make an OCSP response of the future. */
export const CLOCK_SKEW_MS = 5 * 60_000;

/** An OCSP response that does not say until when it is good is used for so long. */
export const OCSP_UNLIMITED_MS = 7 * 24 * 3_600_000;
