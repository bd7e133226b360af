/** Whether values out of the other agent's messages have the shape they must have. Never throws. */
import type { PeerAnswer, PeerQuestion, PeerReport } from '../../keepalive/index.ts';
import { handoverCauses } from '../../keepalive/index.ts';
import { reasonsMax, reportRoutersMax, resolvedMax, textCharsMax } from './limits.ts';

type Fields = Readonly<Record<string, unknown>>;

const STATES = ['Initialize', 'Backup', 'Active'] as const;

/** A short text without control characters: it goes to the log and to terminals. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= textCharsMax && !/\p{Cc}/u.test(value);
}

/** What an agent says of itself. */
export function isReport(value: unknown): value is PeerReport {
  const routers = fieldsOf(value)?.routers;
  return isListOf(routers, reportRoutersMax, isRouterReport);
}

/** A question that this version can be asked. */
export function isQuestion(value: unknown): value is PeerQuestion {
  const fields = fieldsOf(value);
  if (fields?.type === 'handover') return isHandover(fields);
  const known = fields?.type === 'holder' || fields?.type === 'resolve';
  return known && isText(fields.router);
}

const STEPS = ['offer', 'request', 'given'] as const;

function isHandover({ step, id, routers, cause, priority }: Fields): boolean {
  return (
    STEPS.some((name) => name === step) &&
    Number.isSafeInteger(id) &&
    isListOf(routers, reportRoutersMax, isText) &&
    handoverCauses.some((name) => name === cause) &&
    isPriority(priority)
  );
}

/** An answer to one of this version's questions. */
export function isAnswer(value: unknown): value is PeerAnswer {
  const fields = fieldsOf(value);
  if (fields?.type === 'holder') return isStanding(fields) && typeof fields.witness === 'boolean';
  if (fields?.type === 'handover') {
    return typeof fields.granted === 'boolean' && (fields.reason === null || isText(fields.reason));
  }
  if (fields?.type !== 'resolve') return false;
  return fields.resolved === null || isListOf(fields.resolved, resolvedMax, isResolved);
}

function isResolved(value: unknown): boolean {
  const fields = fieldsOf(value);
  return fields !== null && isText(fields.address) && isListOf(fields.macs, reasonsMax, isText);
}

function isRouterReport(value: unknown): boolean {
  const fields = fieldsOf(value);
  if (fields === null) return false;
  return (
    isText(fields.name) &&
    isStanding(fields) &&
    isPriority(fields.configured) &&
    (fields.witness === null || typeof fields.witness === 'boolean') &&
    isListOf(fields.reasons, reasonsMax, isText) &&
    (fields.handover === undefined || isHandoverReport(fields.handover))
  );
}

function isHandoverReport(value: unknown): boolean {
  const fields = fieldsOf(value);
  if (fields === null || typeof fields.onHold !== 'boolean') return false;
  if (fields.address !== null && !isText(fields.address)) return false;
  return fields.drain === null || isDrain(fieldsOf(fields.drain));
}

function isDrain(fields: Fields | null): boolean {
  if (fields === null || !isTime(fields.leftMs)) return false;
  const known = [fields.connections, fields.oldestMs];
  return known.every((value) => value === null || isTime(value));
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isStanding({ state, priority, leaseArmed }: Fields): boolean {
  return (
    STATES.some((name) => name === state) && isPriority(priority) && typeof leaseArmed === 'boolean'
  );
}

function isPriority(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 255;
}

function isListOf(value: unknown, max: number, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= max && value.every(is);
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null ? (value as Fields) : null;
}
