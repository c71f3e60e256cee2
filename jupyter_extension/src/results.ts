/** Structures without a file in the main area: results of jobs, entries of databases, project structures. */
import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { Bundle } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';
import type { SavedView } from '../../widgets/js/src/saved';
import { StructurePane } from './documents';
import { icon } from './icon';

/** The command that opens a tab again after the page was loaded anew. */
interface Origin {
  command: string;
  args: Record<string, string>;
}

export class Tabs {
  private readonly tracker = new WidgetTracker<MainAreaWidget<Widget>>({ namespace: 'foldsight-tabs' });
  private readonly origins = new WeakMap<Widget, Origin>();
  private readonly open = new Map<string, MainAreaWidget<Widget>>();

  constructor(private readonly app: JupyterFrontEnd, restorer: ILayoutRestorer | null, private readonly words: Bundle) {
    void restorer?.restore(this.tracker, {
      command: 'foldsight:restore-tab', name: (tab: Widget) => tab.id, args: (tab: Widget) => ({ ...this.origins.get(tab) })
    });
    app.commands.addCommand('foldsight:restore-tab', {
      label: words.__('Open a FoldSight tab again'), describedBy: {
        args: { type: 'object', properties: { command: { type: 'string' }, args: { type: 'object' } }, required: ['command'] }
      },
      isVisible: () => false,
      // Only ours: the layout is a file that anybody may have written.
      execute: args => (typeof args.command === 'string' && args.command.startsWith('foldsight:')
        ? app.commands.execute(args.command, args.args as never) : undefined)
    });
  }

  /** Show a structure in a tab of its own, or the tab that has it already. */
  structure(title: string, origin: Origin, fetch: () => Promise<SavedView>): Widget {
    return this.show(title, origin, () => new StructurePane(fetch, this.words));
  }

  show(title: string, origin: Origin, build: () => Widget): Widget {
    const key = `foldsight-${JSON.stringify([origin.command, origin.args])}`;
    const there = this.open.get(key);
    if (there && !there.isDisposed) {
      this.app.shell.activateById(there.id);
      return there;
    }
    return this.add(key, title, origin, build());
  }

  private add(id: string, title: string, origin: Origin, content: Widget): Widget {
    const tab = new MainAreaWidget({ content });
    tab.id = id;
    tab.title.label = title;
    tab.title.closable = true;
    (tab.title as { icon: unknown }).icon = icon;
    this.origins.set(tab, origin);
    this.open.set(id, tab);
    tab.disposed.connect(() => this.open.delete(id));
    this.app.shell.add(tab, 'main');
    this.app.shell.activateById(id);
    void this.tracker.add(tab);
    return tab;
  }
}
