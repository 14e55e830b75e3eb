import type { Parameters } from '@holdfast/core';
import type {
  ChildView,
  CheckContext,
  ExamineContext,
  Finding,
  Kit,
  KitContext,
  StandbyContext,
} from './kit.ts';

/**
 * A kit of one parameter type as a kit of any parameters: they are checked by its schema each time they come in, so
 * that the kit itself only ever sees its own type. Rejects with zod's error when they do not fit.
 */
export function bindKit<P>(kit: Kit<P>): Kit {
  const typed = <C extends { readonly parameters: Parameters }>(context: C) => ({
    ...context,
    parameters: kit.schema.parse(context.parameters),
  });
  const check = <R>(act: (context: CheckContext<P>) => Promise<R>) => {
    return async (context: CheckContext<Parameters>): Promise<R> => act(typed(context));
  };
  const { recover, provides, judgeChildren, suggest, removeLimitMs, estimateTakeover, fix, tell, examine } =
    kit;
  return {
    name: kit.name,
    schema: kit.schema as unknown as Kit['schema'],
    fields: kit.fields,
    perServer: kit.perServer,
    ...(kit.live && { live: kit.live }),
    ...(kit.tunables && { tunables: kit.tunables }),
    defaults: (given, host) => kit.defaults(given, host),
    defaultTag: (parameters) => kit.defaultTag(kit.schema.parse(parameters)),
    judgeForm: (filledIn, host) => kit.judgeForm(filledIn, host),
    checkedFields: kit.checkedFields,
    validate: check((context) => kit.validate(context)),
    prepareExtend: async (context: StandbyContext<Parameters>) => kit.prepareExtend(typed(context)),
    ...(tell && { tell: check((context) => tell(context)) }),
    ...(examine && { examine: async (context: ExamineContext<Parameters>) => examine(typed(context)) }),
    requirements: check((context) => kit.requirements(context)),
    ...(provides && { provides: (parameters: Parameters) => provides(kit.schema.parse(parameters)) }),
    ...(suggest && { suggest }),
    ...(judgeChildren && {
      judgeChildren: async (
        context: CheckContext<Parameters>,
        children: readonly ChildView[],
      ): Promise<readonly Finding[]> => judgeChildren(typed(context), children),
    }),
    restore: async (context: KitContext<Parameters>) => kit.restore(typed(context)),
    remove: async (context) => kit.remove(typed(context)),
    ...(recover && { recover: async (context: KitContext<Parameters>) => recover(typed(context)) }),
    quickCheck: check((context) => kit.quickCheck(context)),
    deepCheck: check((context) => kit.deepCheck(context)),
    adopt: async (context) => kit.adopt(typed(context)),
    letGo: check((context) => kit.letGo(context)),
    watch: (parameters, host, onEnd) => kit.watch(kit.schema.parse(parameters), host, onEnd),
    killPlan: (parameters, host) => kit.killPlan(kit.schema.parse(parameters), host),
    ...(fix && { fix: async (context, finding) => fix(typed(context), finding) }),
    ...(removeLimitMs && { removeLimitMs }),
    ...(estimateTakeover && { estimateTakeover: check((context) => estimateTakeover(context)) }),
  };
}
