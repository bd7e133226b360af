import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROXY_ERRORS } from '../proxy/errors.ts';
import { requestVariables, sessionVariables } from '../src/config/access-log-variables.ts';
import { checkSource } from '../src/config/check.ts';
import { compileConfig } from '../src/config/compile.ts';
import { sourceFromBytes } from '../src/config/source.ts';
import { accessLogReference, accessLogReferencePath } from './generate-access-log-reference.ts';

test('docs/ACCESS-LOG.md is what the tables say now (npm run docs writes it)', () => {
  const page = readFileSync(join(import.meta.dirname, '..', accessLogReferencePath), 'utf8');
  expect(page).toBe(accessLogReference());
});

test('every variable and every error code is on the page', () => {
  const page = accessLogReference();
  for (const name of Object.keys({ ...requestVariables, ...sessionVariables }))
    expect(page).toContain(`| \`$${name}\``);
  for (const code of Object.keys(PROXY_ERRORS)) expect(page).toContain(`| \`${code}\` |`);
  expect(page).not.toMatch(/\{\{/);
});

test('its example loads without a word', () => {
  const example = /```yaml\n(# docs: access-log\n.*?)```/s.exec(accessLogReference())?.[1] ?? '';
  const source = sourceFromBytes(accessLogReferencePath, Buffer.from(example));
  const { config, problems } = checkSource(source);
  expect(problems).toEqual([]);
  const { proxy } = compileConfig(config!, { node: null, digest: '', cores: 1 });
  const [web, plain] = proxy!.listeners;
  expect(web).toMatchObject({ accessLog: { style: 'json', truncateAddresses: true } });
  expect(plain).toMatchObject({ accessLog: { style: 'text', destination: { kind: 'stdout' } } });
});
