/** Room where Tandem writes: state, logs, caches, temporary files. */
import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EffectiveConfig } from '../config/index.ts';
import { runtimeDir } from '../runtime/runtime-dir.ts';
import { stateDir } from '../runtime/state-dir.ts';
import { AS_ROOT, bad, type Finding, ok, unknown, warn } from './finding.ts';
import { bytesText } from './host-files.ts';
import type { Family, Subject } from './subject.ts';

/** A folder with less left needs somebody now. */
const LEFT_MIN_BYTES = 32 * 1024 * 1024;
/** A folder with less left will soon. */
const LEFT_LOW_BYTES = 256 * 1024 * 1024;
const LEFT_LOW_SHARE = 0.05;
/** Files that can still be made, as a share of all. */
const INODES_MIN_SHARE = 0.01;
const INODES_LOW_SHARE = 0.05;

/** A folder that something is written into. */
export interface Folder {
  readonly path: string;
  /** What for: `state`, `access log of https`. */
  readonly use: string;
  /** Bytes that Tandem will still put there; 0: no telling. */
  readonly wanted: number;
}

/** What its file system says; null bytes: it has no bound. */
export interface Room {
  readonly leftBytes: number;
  readonly totalBytes: number;
  readonly leftInodes: number;
  readonly totalInodes: number;
  readonly readOnly: boolean;
}

/** Folders that the config, and Tandem itself, write into; each once. */
export function foldersOf({ config, env, balancer }: Subject): readonly Folder[] {
  const folders: Folder[] = [
    { path: runtimeDir(env), use: 'sockets and state', wanted: 0 },
    { path: stateDir(env), use: 'configs for rollback', wanted: 0 },
  ];
  if (config !== null) folders.push(...written(config));
  for (const [name, { disk }] of Object.entries(config?.caches ?? {})) {
    if (disk === undefined) continue;
    const now = balancer.report?.caches?.find((one) => one.name === name)?.disk;
    folders.push({
      path: disk.path,
      use: `cache ${name}`,
      wanted: Math.max(0, disk.size - (now?.bytes ?? 0)),
    });
  }
  const byPath = Map.groupBy(folders, ({ path }) => path);
  return [...byPath].map(([path, all]) => ({
    path,
    use: [...new Set(all.map(({ use }) => use))].join(', '),
    wanted: all.reduce((sum, { wanted }) => sum + wanted, 0),
  }));
}

function written({ listeners, log, proxy }: EffectiveConfig): Folder[] {
  const folders = Object.entries(listeners).flatMap(([name, listener]): Folder[] => {
    const to = listener.protocol === 'udp' ? undefined : listener.access_log?.to;
    if (typeof to !== 'object' || !('file' in to) || to.file === undefined) return [];
    return [{ path: dirname(to.file), use: `access log of ${name}`, wanted: 0 }];
  });
  const { journal } = log;
  if (journal !== undefined) {
    folders.push({ path: dirname(journal), use: "the agent's journal", wanted: 0 });
  }
  if (Object.keys(listeners).length > 0) {
    folders.push({ path: proxy.temp_directory, use: 'bodies too long for memory', wanted: 0 });
  }
  return folders;
}

/** Judges one folder. `room`: null when the file system would not say. Pure. */
export function judgeFolder({ path, use, wanted }: Folder, room: Room | null): Finding {
  const what = `${path} (${use})`;
  if (room === null) return unknown(what, 'this user may not look there', AS_ROOT);
  const { leftBytes, totalBytes, leftInodes, totalInodes } = room;
  const left = `${bytesText(leftBytes)} of ${bytesText(totalBytes)} free`;
  if (room.readOnly) {
    return bad(what, 'the file system is mounted read-only', 'see dmesg for why; remount it');
  }
  const clean = `free some: sudo du -xhd1 ${path} | sort -h`;
  if (leftBytes < LEFT_MIN_BYTES) return bad(what, `${left}: it is full`, clean);
  const files = totalInodes === 0 ? 1 : leftInodes / totalInodes;
  const inodes = `${leftInodes} of ${totalInodes} inodes free, so no more files can be made soon`;
  const find = `remove files: sudo du --inodes -xd1 ${path} | sort -n`;
  if (files < INODES_MIN_SHARE) return bad(what, inodes, find);
  if (wanted > leftBytes) {
    const reason = `${left}, and it may still take ${bytesText(wanted)}`;
    return warn(what, reason, 'make caches.NAME.disk.size smaller, or the file system larger');
  }
  // A small file system of its own (/run) is not low for being small.
  if (leftBytes < Math.min(LEFT_LOW_BYTES, totalBytes / 4)) return warn(what, left, clean);
  if (leftBytes < LEFT_LOW_SHARE * totalBytes) return warn(what, left, clean);
  if (files < INODES_LOW_SHARE) return warn(what, inodes, find);
  return ok(what, left);
}

function roomAt(path: string): Room | null {
  const there = nearest(path);
  if (there === null) return null;
  try {
    const { bavail, blocks, bsize, ffree, files } = statfsSync(there);
    return {
      leftBytes: bavail * bsize,
      totalBytes: blocks * bsize,
      leftInodes: ffree,
      totalInodes: files,
      readOnly: isReadOnly(there),
    };
  } catch {
    return null;
  }
}

/** The folder, or the first above it that there is: it would be made there. */
function nearest(path: string): string | null {
  for (let at = path; ; at = dirname(at)) {
    try {
      statSync(at);
      return at;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Who may not look into the folder above still learns of that one's file system.
      if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ENOTDIR') return null;
      if (at === dirname(at)) return null;
    }
  }
}

function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

/** See the file's comment. */
export const disk: Family = {
  name: 'disk',
  async examine(subject) {
    return foldersOf(subject).map((folder) => judgeFolder(folder, roomAt(folder.path)));
  },
};
