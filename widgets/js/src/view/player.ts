/** Plays frames: recycles, a trajectory, the models of one molecule. */
import type { Store } from '../store';
import { make } from './dom';
import { __ } from '../words';

/** Between frames, where the page keeps up. */
const STEP_MS = 160;

export class Player {
  readonly element = make('div', 'fs-player', { role: 'group', 'aria-label': __('Frames') });
  private readonly button = make('button', 'fs-text-button', { type: 'button' }, __('Play'));
  private readonly slider = make('input', 'fs-player-slider', { type: 'range', min: '0', 'aria-label': __('Frame') });
  private readonly words = make('span', 'fs-player-words');
  private playing = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `drawn` resolves when the frame that was asked for is on screen. */
  constructor(private readonly store: Store, private readonly drawn: () => Promise<unknown>) {
    this.element.hidden = true;
    this.element.append(this.button, this.slider, this.words);
    this.button.addEventListener('click', () => (this.playing ? this.pause() : this.play()));
    this.slider.addEventListener('input', () => {
      this.pause();
      store.showFrame(Number(this.slider.value), this);
    });
    store.listen(change => {
      if (change === 'scene' || change === 'style' || change === 'frame') this.show();
    });
  }

  play(): void {
    this.playing = true;
    this.show();
    void this.step();
  }

  /** Stop; the kernel hears of the frame that is on screen, not of each that went by. */
  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    clearTimeout(this.timer);
    this.store.showFrame(this.store.frame, this);
    this.show();
  }

  private async step(): Promise<void> {
    if (!this.playing || this.store.frames < 2) return;
    const began = performance.now();
    this.store.showFrame((this.store.frame + 1) % this.store.frames, this, false);
    await this.drawn();
    if (this.playing) this.timer = setTimeout(() => void this.step(), Math.max(0, STEP_MS - (performance.now() - began)));
  }

  private show(): void {
    const { frame, frames } = this.store;
    this.element.hidden = frames < 2;
    this.slider.max = String(frames - 1);
    this.slider.value = String(frame);
    this.button.textContent = this.playing ? __('Pause') : __('Play');
    this.words.textContent = `${frame + 1} / ${frames}`;
    this.slider.setAttribute('aria-valuetext', __('frame %1 of %2', String(frame + 1), String(frames)));
  }

  dispose(): void {
    this.playing = false;
    clearTimeout(this.timer);
  }
}
