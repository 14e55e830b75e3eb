import { decisionMutants } from './decision-mutants.ts';
import { failsafeMutants } from './failsafe-mutants.ts';
import type { Mutant } from './mutant.ts';
import { policyMutants } from './policy-mutants.ts';
import { guardMutants, kitMutants, storeMutants } from './port-mutants.ts';
import { structureMutants } from './structure-mutants.ts';

export const mutants: readonly Mutant[] = [
  ...decisionMutants,
  ...policyMutants,
  ...storeMutants,
  ...kitMutants,
  ...guardMutants,
  ...structureMutants,
  ...failsafeMutants,
];
