import { LabIcon } from '@jupyterlab/ui-components';
import { ICON } from './filetypes';

/** Our icon, registered once. */
export const icon = new LabIcon(ICON);
