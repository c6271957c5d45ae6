// The report for people: peers.md.

const ms = (value) => value.toFixed(value < 10 ? 2 : 1);
const bytes = (value) => value.toLocaleString('en-GB');

export function markdown({ machine, rounds, runs_a_round, candidates, left_out, ratios, agreement, wasm, memory }) {
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine.browser}, ${machine.processor}, ${machine.cores} cores; ${packages.join(', ')}; one thread each.`,
    `MobileNetV2 1.0/224, batch 1: ${rounds} rounds of ${runs_a_round} runs. Loaded: ${wasm.join(', ')}.`,
    '',
    '| engine | mode | file | bytes | median, ms | minimum, ms |',
    '|---|---|---|---|---|---|',
    ...candidates.map(
      ({ runtime, mode, file, file_bytes, median_ms, minimum_ms }) =>
        `| ${runtime} | ${mode} | ${file} | ${bytes(file_bytes)} | ${ms(median_ms)} | ${ms(minimum_ms)} |`,
    ),
    ...left_out.map(({ runtime, mode, file }) => `| ${runtime} | ${mode} | ${file} | not there | left out | |`),
    '',
    '| ratio | of medians | of minima | median of the rounds’ | goal, at most |',
    '|---|---|---|---|---|',
    ...ratios.map(
      ({ one, other, goal, of_medians, of_minima, of_rounds }) =>
        `| ${one} / ${other} | ${[of_medians, of_minima, of_rounds].map((ratio) => ratio.toFixed(3)).join(' | ')} | ${goal} |`,
    ),
    '',
    '| agreement on four photos | classes (of both) | largest difference of a probability | allowed |',
    '|---|---|---|---|',
    ...agreement.map(
      ({ one, other, classes, difference, tolerance }) =>
        `| ${one}, ${other} | ${classes.map((pair) => pair.join(' and ')).join(', ')} | ${difference.toPrecision(2)} | ${tolerance} |`,
    ),
    '',
    `| Octet’s memory, ${memory.file} alone in a page | bytes |`,
    '|---|---|',
    `| the file | ${bytes(memory.file_bytes)} |`,
    `| the arena | ${bytes(memory.arena_bytes)} |`,
    `| wasm memory when the module is loaded | ${bytes(memory.loaded_bytes)} |`,
    `| once the model is constructed | ${bytes(memory.constructed_bytes)} |`,
    `| once the tensors are allocated | ${bytes(memory.allocated_bytes)} |`,
    `| after a run | ${bytes(memory.invoked_bytes)} |`,
    `| growth / (file + arena); goal 1.5 at most | ${memory.growth_ratio.toFixed(3)} |`,
    `| the whole memory / (file + arena) | ${memory.whole_ratio.toFixed(3)} |`,
    '',
  ].join('\n');
}
