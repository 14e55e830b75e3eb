import type { Host } from '../host.ts';
import type { DirectoryVolume } from './parameters.ts';

/** Nothing is mounted for a directory, so that it is in service here is a file in the run directory. */
export function inServiceMark(host: Pick<Host, 'runDirectory'>, { path }: DirectoryVolume): string {
  return `${host.runDirectory}/volumes/${encodeURIComponent(path)}`;
}
