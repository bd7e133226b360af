import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';

/** A half whose orderly stop would last for ever. */
const script = (hurry: string) => `
  import { superviseProcess } from '${new URL('./lifecycle.ts', import.meta.url).pathname}';
  const hurried = Promise.withResolvers();
  const say = (text) => process.stdout.write(text + '\\n');
  const log = { info: (_, text) => say(text), warn: (_, text) => say(text), error() {}, fatal() {} };
  superviseProcess({ reload() {}, stop: () => hurried.promise ${hurry} }, log);
  setInterval(() => {}, 1000);
  say('runs');`;

/** Sends SIGTERM after each of the first lines; all lines, and the exit status. */
async function stoppedTwice(hurry: string) {
  const argv = ['--input-type=module', '-e', script(hurry)];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length <= 2) child.kill('SIGTERM');
  }
  const [status] = (await exited) as [number | null];
  return { lines, status };
}

test('a second signal ends a half at once that has nobody to tell', async () => {
  const { lines, status } = await stoppedTwice('');
  expect(lines).toEqual(['runs', 'stopping: SIGTERM']);
  expect(status).toBe(1);
});

test('one that has others to tell does that first, and what it was to wait for is given up', async () => {
  const { lines, status } = await stoppedTwice(
    ", hurry() { say('tells'); setTimeout(() => hurried.resolve(), 20); }",
  );
  expect(lines).toEqual(['runs', 'stopping: SIGTERM', 'stopping at once: SIGTERM again', 'tells']);
  expect(status).toBe(1);
});

test('and does not get to wait for ever', async () => {
  const { lines, status } = await stoppedTwice(', hurry() {}');
  expect(lines).toEqual(['runs', 'stopping: SIGTERM', 'stopping at once: SIGTERM again']);
  expect(status).toBe(1);
});

test('SIGHUP is an order to reload, and nothing while it stops', async () => {
  const script = `
    import { superviseProcess } from '${new URL('./lifecycle.ts', import.meta.url).pathname}';
    const say = (text) => process.stdout.write(text + '\\n');
    const log = { info() {}, warn() {}, error() {}, fatal() {} };
    const stop = () => {
      process.kill(process.pid, 'SIGHUP');
      return new Promise((resolve) => setTimeout(resolve, 20));
    };
    superviseProcess({ reload: () => say('reloads'), stop }, log);
    setInterval(() => {}, 1000);
    say('runs');`;
  const argv = ['--input-type=module', '-e', script];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    child.kill(line === 'runs' ? 'SIGHUP' : 'SIGTERM');
  }
  expect(lines).toEqual(['runs', 'reloads']);
  expect(await exited).toEqual([0, null]);
});
