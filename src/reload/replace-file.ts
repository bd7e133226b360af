import { chmod, chown, open, realpath, rename, rm, stat } from 'node:fs/promises';

/**
 * Other content for a file, whole or not at all, with the owner and mode it had; a link goes on leading to
 * it. Rejects with the system's error, and then the file is as it was.
 */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const target = await realpath(path);
  const { mode, uid, gid } = await stat(target);
  const draft = `${target}.tandem-new`;
  try {
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    // Only root may give a file away; for others it is theirs before and after.
    if (process.getuid?.() === 0) await chown(draft, uid, gid);
    await chmod(draft, mode & 0o7777);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
