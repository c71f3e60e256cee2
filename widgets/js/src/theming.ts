/** Light or dark: from JupyterLab, VS Code, or what the system prefers; and whether motion is welcome. */
import css from './style.css';
import { hexNumber } from './colors';

export function isDark(): boolean {
  const { dataset } = document.body;
  if (dataset.jpThemeLight !== undefined) return dataset.jpThemeLight === 'false';
  if (dataset.vscodeThemeKind !== undefined) return !dataset.vscodeThemeKind.includes('light');
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

/** Call back now and at every change of theme; returns how to stop. */
export function watchTheme(callback: () => void): () => void {
  const observer = new MutationObserver(callback);
  observer.observe(document.body, {
    attributes: true, attributeFilter: ['data-jp-theme-light', 'data-jp-theme-name', 'data-vscode-theme-kind']
  });
  const media = matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', callback);
  callback();
  return () => {
    observer.disconnect();
    media.removeEventListener('change', callback);
  };
}

export function motionMs(wanted: number): number {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : wanted;
}

/** The computed background of an element as 0xRRGGBB, so that 3D and page are one surface. */
export function backgroundOf(element: HTMLElement): number {
  const parts = getComputedStyle(element).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
  if (parts.length < 3 || parts[3] === 0) return isDark() ? hexNumber('#111111') : hexNumber('#ffffff');
  return (parts[0] << 16) | (parts[1] << 8) | parts[2];
}

/** Put our style sheet into the page or the shadow root that holds `element`, once. */
export function ensureStyle(element: HTMLElement): void {
  const root = element.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector('style[data-foldsight]')) return;
  const style = document.createElement('style');
  style.dataset.foldsight = '';
  style.textContent = css;
  home.append(style);
}
