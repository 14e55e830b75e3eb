import { decisionMutants } from './decision-mutants.ts';
import type { Mutant } from './mutant.ts';
import { guardMutants, kitMutants, storeMutants } from './port-mutants.ts';
import { structureMutants } from './structure-mutants.ts';

export const mutants: readonly Mutant[] = [
  ...decisionMutants,
  ...storeMutants,
  ...kitMutants,
  ...guardMutants,
  ...structureMutants,
];
