/** `POST /reload?step=...` and `GET /reload` on the control socket of a half. */
import { json, type Reply } from '../control/server.ts';
import type { ReloadDesk } from './reload-desk.ts';

const STEPS = ['prepare', 'apply', 'abandon'] as const;
const TOKEN = /^[\w-]{8,64}$/;
const NEEDED = 'needed: step=prepare, apply or abandon, and token=8 to 64 letters, digits, - or _';

/** Carries out one step. `desk` is null while the half starts. */
export async function orderReload(desk: ReloadDesk | null, query: URLSearchParams): Promise<Reply> {
  const step = STEPS.find((name) => name === query.get('step'));
  const token = query.get('token') ?? (step === 'prepare' ? crypto.randomUUID() : '');
  if (step === undefined || !TOKEN.test(token)) return json({ error: NEEDED }, 400);
  if (desk === null) return json({ busy: true, reasons: ['it is starting'] }, 409);
  if (step === 'abandon') {
    await desk.abandon(token);
    return json({});
  }
  const answer = step === 'prepare' ? await desk.prepare(token) : await desk.apply(token);
  switch (answer.type) {
    case 'prepared':
      return json({ token, ...answer.offer });
    case 'applied':
      return json({ token });
    case 'busy':
      return json({ busy: true, reasons: [answer.reason] }, 409);
    case 'refused':
      return json({ reasons: answer.reasons }, 409);
  }
}

/** `GET /reload`. */
export function reportReload(desk: ReloadDesk | null): Reply {
  return desk === null ? json({ error: 'it is starting' }, 503) : json(desk.report());
}
