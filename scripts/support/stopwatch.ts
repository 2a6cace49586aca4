/** @returns a function that says how long ago it was made, for a person: `0.8 s`, `42 s`, `2 min 5 s` */
export function startStopwatch(): () => string {
  const started = performance.now();
  return () => {
    const seconds = (performance.now() - started) / 1000;
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    if (seconds < 60) return `${Math.round(seconds)} s`;
    return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  };
}
