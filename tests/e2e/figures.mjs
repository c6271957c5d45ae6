// What a list of measurements comes to.

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// The times between frames, in milliseconds.
export function frameFigures(intervals) {
  return {
    frames: intervals.length,
    interval_ms: median(intervals),
    interval_95_ms: intervals.toSorted((a, b) => a - b)[Math.floor(intervals.length * 0.95)],
    longest_ms: Math.max(...intervals),
    // Longer than a frame and a half at 60 a second.
    late: intervals.filter((interval) => interval > 25).length,
    frames_per_second: (1000 * intervals.length) / intervals.reduce((sum, interval) => sum + interval, 0),
  };
}
