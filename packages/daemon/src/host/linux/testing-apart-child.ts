import { bindKit } from '@holdfast/kits/bound-kit';
import { actContext } from '@holdfast/kits/trial';
import { createLinuxHost } from './index.ts';
import { apartOrder } from './testing-apart.ts';

// A program: it does the one action that its argument says, and writes "begun" and then the result.
const { module, name, action, term, parameters, host } = apartOrder.parse(JSON.parse(process.argv[2] ?? ''));
const kits = (await import(module)) as Record<string, Parameters<typeof bindKit>[0] | undefined>;
const found = kits[name];
if (!found) throw new Error(`${module} has no ${name}`);
const kit = bindKit(found);
process.stdout.write('begun\n');
const result = await kit[action](actContext({ kit, host: createLinuxHost(host), parameters }, { term }));
process.stdout.write(`${JSON.stringify(result)}\n`);
