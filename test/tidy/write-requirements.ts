import { writeFile } from 'node:fs/promises';
import { renderRequirements } from './requirements.ts';

await writeFile(new URL('../../docs/reference/requirements.md', import.meta.url), renderRequirements());
