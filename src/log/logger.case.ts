/** A process that logs: `node logger.case.ts LINES`; logger.test.ts gives it a stdout of its choice. */
import { createLogger } from './logger.ts';

const log = createLogger('info', { half: 'run', node: null });
const lines = Number(process.argv[2]);
for (let n = 1; n < lines; n++) log.info({}, `line ${n} ${'x'.repeat(200)}`);
setTimeout(() => {
  log.info({}, 'the last line');
  process.exit(3);
}, 200);
