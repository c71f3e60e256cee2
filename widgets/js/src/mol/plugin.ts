/** A Mol* plugin with only what we use, and its picture-quality settings. */
import { MolViewSpec } from 'molstar/lib/extensions/mvs/behavior.js';
import { PluginBehaviors } from 'molstar/lib/mol-plugin/behavior.js';
import { PluginConfig } from 'molstar/lib/mol-plugin/config.js';
import { PluginContext } from 'molstar/lib/mol-plugin/context.js';
import { PluginSpec } from 'molstar/lib/mol-plugin/spec.js';
import { Color } from 'molstar/lib/mol-util/color/index.js';
import { DoubtSizesProvider } from './sizes';
import { FoldSightThemeProvider } from './theme';
import { __ } from '../words';

/** Residues up to which a light shape is still smooth, and beyond which one cannot tell smooth from coarse. */
const FEW = 2_500, MANY = 20_000;

const OFF = { name: 'off' as const, params: {} };

/** Magenta: no palette of ours holds it, and it stands out on white and on black. */
export const SELECT_COLOR = 0xe6007e;

/** Ambient occlusion is off: on a weak GPU it is what makes a view slow. */
export const EFFECTS = { occlusion: OFF, shadow: OFF, dof: OFF, bloom: OFF, sharpening: OFF };

/**
 * Shape of cartoons and tubes where the processor draws them: each frame costs it a fifth of what the finest
 * shape does, so that a selection shows at once. Pictures that leave the screen are drawn in the finest.
 */
export function lightShape(residues: number): { quality: string } {
  if (residues <= FEW) return { quality: 'custom', linearSegments: 5, radialSegments: 8 } as { quality: string };
  return { quality: residues <= MANY ? 'low' : 'lower' };
}

/** Whether pictures are drawn without a graphics card, by SwiftShader, llvmpipe or their like. */
export function inSoftware(plugin: PluginContext): boolean {
  const { gl } = plugin.canvas3d!.webgl;
  const debug = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(debug ? debug.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

/** Smooth edges of pictures to keep; on screen without a graphics card they are smoothed in one pass instead of three. */
export const FINE_EDGES = { name: 'smaa' as const, params: { edgeThreshold: 0.1, maxSearchSteps: 16 } };
const QUICK_EDGES = { name: 'fxaa' as const, params: { edgeThresholdMin: 0.0625, edgeThresholdMax: 0.166, iterations: 4, subpixelQuality: 0.5 } };

function spec(): PluginSpec {
  return {
    actions: [],
    animations: [],
    behaviors: [
      PluginSpec.Behavior(PluginBehaviors.Representation.HighlightLoci),
      PluginSpec.Behavior(PluginBehaviors.Representation.SelectLoci),
      PluginSpec.Behavior(PluginBehaviors.Camera.CameraControls),
      PluginSpec.Behavior(PluginBehaviors.CustomProps.SecondaryStructure),
      PluginSpec.Behavior(PluginBehaviors.CustomProps.ValenceModel),
      PluginSpec.Behavior(MolViewSpec)
    ],
    config: [[PluginConfig.General.DisableAntialiasing, false]]
  };
}

export async function createPlugin(element: HTMLElement, background: number): Promise<PluginContext> {
  const plugin = new PluginContext(spec());
  await plugin.init();
  if (!(await plugin.mountAsync(element, { checkeredCanvasBackground: false }))) {
    plugin.dispose();
    throw new Error(__('This browser gives no WebGL, so there is no 3D picture.'));
  }
  plugin.representation.structure.themes.colorThemeRegistry.add(FoldSightThemeProvider);
  plugin.representation.structure.themes.sizeThemeRegistry.add(DoubtSizesProvider);
  plugin.managers.interactivity.setProps({ granularity: 'residue' });
  const canvas = plugin.canvas3d!;
  const software = inSoftware(plugin);
  canvas.setProps({
    camera: { helper: { axes: OFF } },
    cameraFog: { name: 'on', params: { intensity: 25 } },
    multiSample: { ...canvas.props.multiSample, mode: 'off' },
    postprocessing: { ...canvas.props.postprocessing, ...EFFECTS, ...(software ? { antialiasing: QUICK_EDGES } : {}) },
    renderer: {
      ...canvas.props.renderer,
      backgroundColor: Color(background), selectColor: Color(SELECT_COLOR), selectStrength: software ? 0.95 : 0.75,
      highlightColor: Color(0xffffff), highlightStrength: 0.35
    },
    marking: {
      ...canvas.props.marking,
      // Outlines draw everything once more: without a graphics card the colour of what is marked must do.
      enabled: !software, selectEdgeColor: Color(SELECT_COLOR), highlightEdgeColor: Color(0x888888)
    }
  } as never);
  return plugin;
}

/** Resolves after `n` frames have been drawn. */
export function frames(plugin: PluginContext, n: number): Promise<void> {
  const canvas = plugin.canvas3d!;
  return new Promise(resolve => {
    // The first word is of a frame that was drawn before.
    let seen = -1;
    const subscription = canvas.didDraw.subscribe(() => {
      if (++seen === 0) return;
      if (seen < n) return canvas.requestDraw();
      subscription.unsubscribe();
      resolve();
    });
    canvas.requestDraw();
  });
}
