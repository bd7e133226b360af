import { headOf } from '../features/local-response.ts';

/** What a client waits for that has said `Expect: 100-continue` (RFC 9110 10.1.1). */
export const CONTINUE = headOf(Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'));
