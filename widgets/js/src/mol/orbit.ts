/** Turning and moving the camera by keys. Pure: works on what `MolViewer.camera()` gives. */

type Point = [number, number, number];

export interface Pose {
  position: Point;
  target: Point;
  up: Point;
}

/** Degrees for each press of an arrow key. */
const TURN = 10;
/** Share of the distance for each press of + or -. */
const STEP = 1.15;

const LOOKS: Record<string, (pose: Pose) => Pose> = {
  // The structure follows the arrow, so the camera goes the other way.
  ArrowLeft: pose => turned(pose, pose.up, TURN),
  ArrowRight: pose => turned(pose, pose.up, -TURN),
  ArrowUp: pose => turned(pose, across(pose), TURN),
  ArrowDown: pose => turned(pose, across(pose), -TURN),
  '+': pose => nearer(pose, STEP),
  '=': pose => nearer(pose, STEP),
  '-': pose => nearer(pose, 1 / STEP)
};

/** Where the camera is after a key; null for keys that do not move it. */
export function movedBy<P extends Pose>(key: string, pose: P): P | null {
  const look = LOOKS[key];
  return look ? { ...pose, ...look({ position: point(pose.position), target: point(pose.target), up: point(pose.up) }) } : null;
}

export function movesCamera(key: string): boolean {
  return key in LOOKS;
}

/** Around the target, by an angle in degrees, the right-handed way. */
function turned({ position, target, up }: Pose, axis: Point, degrees: number): Pose {
  const unit = scaled(axis, 1 / length(axis));
  const spun = (v: Point) => spin(v, unit, (degrees * Math.PI) / 180);
  return { position: plus(target, spun(minus(position, target))), target, up: spun(up) };
}

function nearer({ position, target, up }: Pose, factor: number): Pose {
  return { position: plus(target, scaled(minus(position, target), 1 / factor)), target, up };
}

/** To the right of the reader. */
function across({ position, target, up }: Pose): Point {
  return cross(up, minus(position, target));
}

/** Rodrigues' formula. */
function spin(v: Point, k: Point, angle: number): Point {
  const along = scaled(k, dot(k, v) * (1 - Math.cos(angle)));
  return plus(plus(scaled(v, Math.cos(angle)), scaled(cross(k, v), Math.sin(angle))), along);
}

const point = (v: ArrayLike<number>): Point => [v[0], v[1], v[2]];
const plus = (a: Point, b: Point): Point => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const scaled = (a: Point, f: number): Point => [a[0] * f, a[1] * f, a[2] * f];
const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const length = (a: Point): number => Math.sqrt(dot(a, a));
const cross = (a: Point, b: Point): Point => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
