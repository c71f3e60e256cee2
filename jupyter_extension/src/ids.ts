/** Names that more than one part uses. */
export const COMMANDS = {
  fold: 'foldsight:fold',
  show: 'foldsight:show-jobs',
  open: 'foldsight:open',
  openJob: 'foldsight:open-job',
  openEntry: 'foldsight:open-entry',
  openStructure: 'foldsight:open-structure',
  search: 'foldsight:search',
  follow: 'foldsight:show-structure',
  cancel: 'foldsight:cancel-job',
  retry: 'foldsight:retry-job',
  tour: 'foldsight:tour'
} as const;

export const CATEGORY = 'FoldSight';
export const FACTORY = 'FoldSight';
