import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** The program that a name means: itself where it is absolute, else the first one that the PATH leads to. */
export function findProgram(name: string, path: string): string | undefined {
  const places = name.includes('/')
    ? [name]
    : path.split(':').flatMap((folder) => (isAbsolute(folder) ? [join(folder, name)] : []));
  return places.find((place) => isAbsolute(place) && isExecutable(place));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
