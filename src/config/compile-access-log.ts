/** `access_log` of a listener, as the balancer is given it. */
import type { AccessLogConfig, LogDestination } from './access-log-config.ts';
import {
  type LogPart,
  type LogSubject,
  logVariable,
  parseTemplate,
} from './access-log-template.ts';
import {
  combinedSessionTemplate,
  combinedTemplate,
  requestFields,
  sessionFields,
} from './access-log-variables.ts';
import type { Parsed } from './parsed.ts';
import { type AccessLogEntry, syslogFacilities, syslogSeverities } from './schema/access-log.ts';

/** Null where the listener has no access log. */
export function compileAccessLog(
  entry: AccessLogEntry | undefined,
  subject: LogSubject,
): AccessLogConfig | null {
  if (entry === undefined) return null;
  const style = entry.format === 'json' ? 'json' : 'text';
  return {
    destination: compileDestination(entry.to),
    style,
    parts: style === 'json' ? jsonParts(entry.fields, subject) : textParts(entry.format, subject),
    redact: entry.redact,
    truncateAddresses: entry.truncate_addresses,
    sampleEvery: entry.sample,
    flushMs: entry.flush,
    bufferBytes: entry.buffer,
  };
}

function compileDestination(to: AccessLogEntry['to']): LogDestination {
  if (to === 'stdout') return { kind: 'stdout' };
  if (to.file !== undefined) return { kind: 'file', path: to.file };
  const { address, facility, severity, tag } = to.syslog!;
  const path = typeof address === 'string' ? address : null;
  const endpoint = typeof address === 'string' ? { host: '', port: 0 } : address;
  const priority = syslogFacilities.indexOf(facility) * 8 + syslogSeverities.indexOf(severity);
  return { kind: 'syslog', path, ...endpoint, priority, tag };
}

function textParts(format: string, subject: LogSubject): readonly LogPart[] {
  const combined = subject === 'request' ? combinedTemplate : combinedSessionTemplate;
  return checked(parseTemplate(format === 'combined' ? combined : format, subject));
}

/** `{"time":` VARIABLE `,"listener":` VARIABLE ... `}` */
function jsonParts(fields: readonly string[] | undefined, subject: LogSubject): readonly LogPart[] {
  const names = fields ?? (subject === 'request' ? requestFields : sessionFields);
  return [
    ...names.flatMap((name, index): LogPart[] => [
      { text: `${index === 0 ? '{' : ','}${JSON.stringify(name)}:` },
      checked(logVariable(name, subject)),
    ]),
    { text: '}' },
  ];
}

/** The schema has refused what cannot be read. */
function checked<T>(result: Parsed<T>): T {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}
