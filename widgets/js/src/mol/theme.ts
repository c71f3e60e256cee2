/** Our own Mol* colour theme: whatever colour the scene gives to a residue, and nothing guessed. */
import { Bond, StructureElement, Unit } from 'molstar/lib/mol-model/structure.js';
import type { Model } from 'molstar/lib/mol-model/structure.js';
import type { Location } from 'molstar/lib/mol-model/location.js';
import type { ColorTheme } from 'molstar/lib/mol-theme/color.js';
import { ColorThemeCategory } from 'molstar/lib/mol-theme/color/categories.js';
import { ElementSymbolColors } from 'molstar/lib/mol-theme/color/element-symbol.js';
import type { ThemeDataContext } from 'molstar/lib/mol-theme/theme.js';
import { Color } from 'molstar/lib/mol-util/color/index.js';
import { ParamDefinition as PD } from 'molstar/lib/mol-util/param-definition.js';

/** Colour of each residue index of a Mol* model, -1 for what the scene does not colour (ligands). */
export const modelColors = new WeakMap<Model, Int32Array>();

const CARBON = Color(0x9aa0a6);
const OTHER = Color(0xaaaaaa);

/** `version` counts recolourings: Mol* repaints when a theme's parameters change. */
const Params = { version: PD.Numeric(0) };
type Params = typeof Params;

export const THEME = 'foldsight';

function elementColor(unit: Unit.Atomic, element: number): Color {
  const symbol = unit.model.atomicHierarchy.atoms.type_symbol.value(element as never) as string;
  if (symbol === 'C') return CARBON;
  const known = (ElementSymbolColors as unknown as Record<string, Color | undefined>)[symbol];
  return known ?? OTHER;
}

function atomColor(unit: Unit, element: number): Color {
  if (!Unit.isAtomic(unit)) return OTHER;
  const residue = unit.model.atomicHierarchy.residueAtomSegments.index[element];
  const color = modelColors.get(unit.model)?.[residue] ?? -1;
  return color >= 0 ? Color(color) : elementColor(unit, element);
}

function colorAt(location: Location): Color {
  if (StructureElement.Location.is(location)) return atomColor(location.unit, location.element);
  if (Bond.isLocation(location)) return atomColor(location.aUnit, location.aUnit.elements[location.aIndex]);
  return OTHER;
}

function FoldSightTheme(_ctx: ThemeDataContext, props: PD.Values<Params>): ColorTheme<Params> {
  return {
    factory: FoldSightTheme,
    granularity: 'group',
    preferSmoothing: true,
    color: colorAt,
    props,
    description: 'Colours residues as the FoldSight scene says.'
  };
}

export const FoldSightThemeProvider: ColorTheme.Provider<Params, typeof THEME> = {
  name: THEME,
  label: 'FoldSight',
  category: ColorThemeCategory.Misc,
  factory: FoldSightTheme,
  getParams: () => Params,
  defaultValues: PD.getDefaultValues(Params),
  isApplicable: (ctx: ThemeDataContext) => !!ctx.structure
};
