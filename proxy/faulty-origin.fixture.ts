/**
 * An origin as a process of its own, on the port in its arguments, that can be killed, frozen and made
 * slow (a message with ms). Every answer says how many health checks it has seen by then.
 */
import { createServer } from 'node:http';

const CHECK_PATH = '/health';
let delayMs = 0;
let checks = 0;
process.on('message', (ms) => {
  delayMs = ms as number;
});
const server = createServer((request, response) => {
  if (request.url === CHECK_PATH) checks++;
  const answer = () => {
    response.setHeader('x-origin', process.argv[2]!);
    response.setHeader('x-checks', String(checks));
    response.end('ok');
  };
  if (delayMs === 0) answer();
  else setTimeout(answer, delayMs);
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send!('listening'));
process.on('disconnect', () => process.exit());
