/**
 * The few parts of JupyterLab that we use, by their public documentation.
 *
 * JupyterLab gives these packages to the page, so they need not be installed to build; the types
 * of all of them would bring four hundred packages along.
 */
declare module '@jupyterlab/application' {
  import type { CommandRegistry } from '@lumino/commands';
  import type { Token } from '@lumino/coreutils';
  import type { Widget } from '@lumino/widgets';
  export interface JupyterFrontEnd {
    commands: CommandRegistry;
    shell: { add(widget: Widget, area: string, options?: object): void; activateById(id: string): void };
    docRegistry: { addWidgetFactory(factory: unknown): void; addFileType(type: object): void };
    restored: Promise<unknown>;
  }
  export interface JupyterFrontEndPlugin<T> {
    id: string;
    description?: string;
    autoStart?: boolean;
    requires?: Token<never>[];
    optional?: Token<never>[];
    activate(app: JupyterFrontEnd, ...services: never[]): T | Promise<T>;
  }
  export interface ILayoutRestorer {
    add(widget: Widget, name: string): void;
    restore(tracker: unknown, options: object): Promise<unknown>;
  }
  export const ILayoutRestorer: Token<never>;
}
declare module '@jupyterlab/apputils' {
  import type { Token } from '@lumino/coreutils';
  import { Widget } from '@lumino/widgets';
  export interface ICommandPalette {
    addItem(item: { command: string; category: string; args?: object }): unknown;
  }
  export const ICommandPalette: Token<never>;
  export class WidgetTracker<T extends Widget> {
    constructor(options: { namespace: string });
    add(widget: T): Promise<void>;
    save(widget: T): Promise<void>;
  }
  export class MainAreaWidget<T extends Widget> extends Widget {
    constructor(options: { content: T });
    content: T;
  }
  interface Answer { button: { accept: boolean }; value: string | null }
  export const InputDialog: {
    getItem(options: { title: string; label?: string; items: string[]; okLabel?: string }): Promise<Answer>;
    getText(options: { title: string; label?: string; placeholder?: string; okLabel?: string }): Promise<Answer>;
  };
  export const Notification: {
    success(text: string, options?: object): string;
    warning(text: string, options?: object): string;
    error(text: string, options?: object): string;
    info(text: string, options?: object): string;
  };
}
declare module '@jupyterlab/coreutils' {
  export const URLExt: { join(...parts: string[]): string };
}
declare module '@jupyterlab/services' {
  export namespace ServerConnection {
    interface ISettings { baseUrl: string }
    function makeSettings(): ISettings;
    function makeRequest(url: string, init: RequestInit, settings: ISettings): Promise<Response>;
  }
}
declare module '@jupyterlab/docregistry' {
  import { Widget } from '@lumino/widgets';
  export interface Context {
    path: string;
    ready: Promise<void>;
    fileChanged: { connect(slot: () => void, self?: object): boolean };
    pathChanged: { connect(slot: () => void, self?: object): boolean };
  }
  export class DocumentWidget<T extends Widget> extends Widget {
    constructor(options: { content: T; context: Context });
    content: T;
    context: Context;
  }
  export abstract class ABCWidgetFactory<T extends Widget> {
    constructor(options: object);
    protected abstract createNewWidget(context: Context): T;
    widgetCreated: { connect(slot: (sender: unknown, widget: T) => void): boolean };
  }
}
declare module '@jupyterlab/launcher' {
  import type { Token } from '@lumino/coreutils';
  export interface ILauncher {
    add(item: { command: string; category?: string; rank?: number }): unknown;
  }
  export const ILauncher: Token<never>;
}
declare module '@jupyterlab/statusbar' {
  import type { Token } from '@lumino/coreutils';
  import type { Widget } from '@lumino/widgets';
  export interface IStatusBar {
    registerStatusItem(id: string, item: { item: Widget; align?: string; rank?: number; isActive?: () => boolean }): unknown;
  }
  export const IStatusBar: Token<never>;
}
declare module '@jupyterlab/settingregistry' {
  import type { Token } from '@lumino/coreutils';
  export interface Settings {
    composite: Record<string, unknown>;
    changed: { connect(slot: (settings: Settings) => void): boolean };
  }
  export interface ISettingRegistry { load(id: string): Promise<Settings> }
  export const ISettingRegistry: Token<never>;
}
declare module '@jupyterlab/notebook' {
  import type { Token } from '@lumino/coreutils';
  import type { Widget } from '@lumino/widgets';
  interface Changed { connect(slot: () => void, self?: object): boolean }
  export interface Cell extends Widget {
    model: { outputs?: { length: number; get(i: number): { data: Record<string, unknown>; trusted: boolean } } };
  }
  export interface NotebookPanel extends Widget {
    content: Widget & { widgets: readonly Cell[]; activeCell: Cell | null };
  }
  export interface INotebookTracker {
    currentWidget: NotebookPanel | null;
    currentChanged: Changed;
    activeCellChanged: Changed;
  }
  export const INotebookTracker: Token<never>;
}
declare module '@jupyterlab/translation' {
  import type { Token } from '@lumino/coreutils';
  export interface Bundle {
    __(text: string, ...values: string[]): string;
    _n(one: string, many: string, count: number, ...values: string[]): string;
  }
  export interface ITranslator { load(domain: string): Bundle }
  export const ITranslator: Token<never>;
  export const nullTranslator: ITranslator;
}
declare module '@jupyterlab/ui-components' {
  export class LabIcon {
    constructor(options: { name: string; svgstr: string });
  }
}
declare module '*.css' {
  const text: string;
  export default text;
}
