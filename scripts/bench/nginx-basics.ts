/**
 * What the nginx under test and the one that plays the origins have in common. Without a master
 * process the whole program is the worker, and it runs in a user namespace as well; with several
 * workers there has to be one. `connections` are those of a worker, to clients and servers.
 */
export function nginxBasics(folder: string, workers = 1, connections = 8192): string {
  return `worker_processes ${workers};
master_process ${workers > 1 ? 'on' : 'off'};
daemon off;
user root;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections ${connections}; }
`;
}
