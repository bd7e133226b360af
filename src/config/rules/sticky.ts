/** Cookies that keep clients with their server. */
import { leadsOf } from '../listener-routes.ts';
import type { Finding } from '../problem.ts';
import { error, type Rule, warning } from './rule.ts';

/** There is a secret, and browsers take the cookie. */
export const stickyCookiesWork: Rule = ({ config }) =>
  Object.entries(config.upstreams).flatMap(([name, { sticky }]): Finding[] => {
    if (sticky === undefined) return [];
    const path = ['upstreams', name, 'sticky'];
    const findings: Finding[] = [];
    if (sticky.secret === undefined) {
      const needed = 'needed: secret: file:/etc/tandem/sticky.secret, the same on both hosts';
      findings.push(error(path, `there is no secret to sign with, and no pair; ${needed}`, 'key'));
    }
    const say = (key: string, message: string) => findings.push(error([...path, key], message));
    if (sticky.same_site === 'none' && !sticky.secure) {
      say('same_site', 'browsers refuse such a cookie; needed: secure: true beside it');
    }
    const prefix = /^__(Host|Secure)-/.exec(sticky.cookie)?.[1];
    if (prefix !== undefined && !sticky.secure) {
      say('cookie', `browsers refuse a cookie of that name; needed: secure: true beside it`);
    }
    if (prefix === 'Host' && (sticky.path !== '/' || sticky.domain !== undefined)) {
      say('cookie', 'browsers refuse a cookie of that name; needed: path / and no domain');
    }
    return findings;
  });

/** Sessions without HTTP have no cookies. */
export const tcpNeverSticks: Rule = ({ config }) =>
  Object.entries(config.listeners).flatMap(([name, listener]): Finding[] => {
    if (listener.protocol === 'http') return [];
    return leadsOf(listener).flatMap(({ upstream, path }): Finding[] => {
      if (config.upstreams[upstream]?.sticky === undefined) return [];
      const message =
        `upstream ${upstream} is sticky by a cookie, which only HTTP has; ` +
        'usual here: policy: ip_hash';
      return [warning(['listeners', name, ...path], message)];
    });
  });
