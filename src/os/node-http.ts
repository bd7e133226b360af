/**
 * Node's own HTTP. An `import` of `node:http` asks for each thing it exports, WebSocket among them, and
 * loads a whole other HTTP client for that: 3 MB of heap and 25 ms in each thread, 90 ms where code is
 * compiled from the start. A balancer with two workers was 10 to 25 MB larger.
 */
export const http = process.getBuiltinModule('node:http');
