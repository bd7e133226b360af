/**
 * What the nginx under test and the one that plays the origins have in common. Without a master
 * process the whole program is the worker, and it runs in a user namespace as well.
 */
export function nginxBasics(folder: string): string {
  return `worker_processes 1;
master_process off;
daemon off;
user root;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 8192; }
`;
}
