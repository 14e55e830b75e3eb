import { z } from 'zod';
import type { Text } from './text.ts';

const text = z.object({ en: z.string(), ja: z.string() }).meta({ id: 'Text' });

/** One parameter of a recovery kit, as wizard, command line and console ask for it. */
export const formField = z.object({
  name: z.string(),
  type: z.enum(['text', 'integer', 'number', 'boolean', 'list', 'choice']),
  /** The values of a `choice`. */
  choices: z.array(z.string()),
  /** It must have a value in the end. The server looks it up where it can, so nobody needs to give it. */
  required: z.boolean(),
  /** The value of a field that is not given, where it is the same everywhere. */
  default: z.union([z.string(), z.number(), z.boolean()]).nullable(),
  /** Its value belongs to one server and may differ on the next. */
  perServer: z.boolean(),
  label: text,
  help: text,
});
export type FormField = z.infer<typeof formField>;

/** A limit of a recovery kit that administrators may set (K-18). */
export const formTunable = z.object({
  name: z.string(),
  default: z.int(),
  /** A smaller value counts as this one. */
  minimum: z.int(),
  unit: text,
  label: text,
  help: text,
  /** When a new value takes effect. */
  effect: text,
});
export type FormTunable = z.infer<typeof formTunable>;

export const kitForm = z
  .object({
    name: z.string(),
    /** Resources of this kit are there for others, which stand above: a volume, an address. */
    standsBeneath: z.boolean(),
    /** They hold the paths of what stands above: a volume (K-07). */
    holdsPaths: z.boolean(),
    fields: z.array(formField),
    tunables: z.array(formTunable).default([]),
  })
  .meta({ id: 'KitForm' });
export type KitForm = z.infer<typeof kitForm>;

/** GET /kits */
export const kitsAnswer = z.object({ kits: z.array(kitForm) });
export type KitsAnswer = z.infer<typeof kitsAnswer>;

/** What a recovery kit says of its parameters. */
export interface FormSource {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly fields: Readonly<Record<string, { readonly label: Text; readonly help: Text }>>;
  readonly perServer: readonly string[];
  readonly tunables?: readonly {
    readonly name: string;
    readonly default: number;
    readonly minimum: number;
    readonly unit: Text;
    readonly label: Text;
    readonly help: Text;
    readonly effect: Text;
  }[];
  /** Present where the kit provides a path to its parents, or is repaired beneath them while they run. */
  readonly provides?: unknown;
  readonly recover?: unknown;
}

/** The JSON schema of one property, as far as a form needs it. */
interface Property {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly anyOf?: readonly Property[];
}

interface Shape {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
}

/**
 * Makes a kit's form from its schema and the texts of its fields. Fields come in the order of the texts: the
 * first is the one that tells two resources of the kit apart. A schema of several variants gives the fields
 * of all of them.
 */
export function createKitForm(kit: FormSource): KitForm {
  const schema = z.toJSONSchema(kit.schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  const variants = variantsOf(schema);
  const fields = Object.entries(kit.fields).map(([name, { label, help }]): FormField => {
    const properties = variants.flatMap((variant) => variant.properties?.[name] ?? []);
    const choices = choicesOf(properties);
    const value = properties.find((property) => property.default !== undefined)?.default;
    return {
      name,
      type: choices.length > 0 ? 'choice' : typeOf(properties),
      choices,
      required: value === undefined && variants.every((variant) => variant.required?.includes(name) ?? false),
      default:
        typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null,
      perServer: kit.perServer.includes(name),
      label: { ...label },
      help: { ...help },
    };
  });
  const standsBeneath = kit.provides !== undefined || kit.recover !== undefined;
  const tunables = (kit.tunables ?? []).map(({ unit, label, help, effect, ...rest }) => ({
    ...rest,
    unit: { ...unit },
    label: { ...label },
    help: { ...help },
    effect: { ...effect },
  }));
  return { name: kit.name, standsBeneath, holdsPaths: kit.provides !== undefined, fields, tunables };
}

function variantsOf(schema: Shape): readonly Shape[] {
  const variants = schema.anyOf ?? schema.oneOf;
  return variants ? variants.flatMap(variantsOf) : [schema];
}

function choicesOf(properties: readonly Property[]): string[] {
  const values = properties
    .flatMap(alternativesOf)
    .flatMap((property) => property.enum ?? (property.const === undefined ? [] : [property.const]));
  return [...new Set(values.filter((value): value is string => typeof value === 'string'))];
}

function typeOf(properties: readonly Property[]): FormField['type'] {
  const types = new Set(properties.flatMap(alternativesOf).flatMap(({ type }) => type ?? []));
  if (types.has('array')) return 'list';
  if (types.has('integer')) return 'integer';
  if (types.has('number')) return 'number';
  if (types.has('boolean')) return 'boolean';
  return 'text';
}

/** A value that may be absent is an `anyOf` with `null` in it, or has `null` among its types. */
function alternativesOf(property: Property): readonly Property[] {
  return property.anyOf ? property.anyOf.filter(({ type }) => type !== 'null') : [property];
}
