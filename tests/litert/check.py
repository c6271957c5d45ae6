"""Runs the files that check.mjs has saved in LiteRT, and in TensorFlow Lite Micro if it is installed."""
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

# Floats are added up in another order here and there.
TOLERANCE = 1e-4


def litert(path, inputs, kernels):
    interpreter = Interpreter(str(path), experimental_op_resolver_type=kernels, num_threads=1)
    interpreter.allocate_tensors()
    put_in = interpreter.get_input_details()[0]["index"]
    come_out = interpreter.get_output_details()[0]["index"]
    outputs = []
    for image in inputs:
        interpreter.set_tensor(put_in, image[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(come_out)[0])
    return np.stack(outputs)


MICRO = """
import sys
import numpy as np
from tflite_micro.python.tflite_micro import runtime
model, inputs, outputs, arena = sys.argv[1:]
interpreter = runtime.Interpreter.from_file(model, arena_size=int(arena))
results = []
for image in np.load(inputs):
    interpreter.set_input(image[None], 0)
    interpreter.invoke()
    results.append(interpreter.get_output(0)[0])
np.save(outputs, np.stack(results))
"""


def micro(path, inputs, arena):
    """What comes out, or the last line of what went wrong; in a process of its own, which may abort."""
    outputs = path.with_suffix(".micro.npy")
    run = [sys.executable, "-c", MICRO, path, inputs, outputs, arena]
    done = subprocess.run([str(word) for word in run], capture_output=True, text=True)
    if done.returncode == 0:
        return np.load(outputs), ""
    lines = (done.stdout + done.stderr).strip().splitlines() or [f"exit code {done.returncode}"]
    told = [line for line in lines if "tensorflow/" in line]
    return None, (told or lines)[-1]


def has_micro():
    return subprocess.run([sys.executable, "-c", "import tflite_micro"], capture_output=True).returncode == 0


def largest(a, b):
    return float(np.max(np.abs(a.astype(np.float64) - b.astype(np.float64))))


def smallest_step(values):
    """The scale of integers that were turned into floats, and 0 of other floats."""
    distinct = np.unique(values)
    return float(np.min(np.diff(distinct))) if len(distinct) <= 256 else 0.0


def main(folder):
    failures = 0
    tries_micro = has_micro()
    for path in sorted(Path(folder).glob("*.tflite")):
        name = path.stem
        inputs_path = path.with_suffix(".inputs.npy")
        inputs, expected = np.load(inputs_path), np.load(path.with_suffix(".outputs.npy"))
        reference = litert(path, inputs, OpResolverType.BUILTIN_REF)
        default = litert(path, inputs, OpResolverType.AUTO)
        is_integer = expected.dtype != np.float32
        difference = largest(reference, expected)
        # LiteRT 2.3 reads past the single scale of a depthwise convolution's weights; its numbers change from
        # process to process, also for TensorFlow's own files. There is nothing to compare with.
        misread = name.endswith("dynamic_range_per_tensor")
        good = misread or (np.array_equal(reference, expected) if is_integer else difference <= TOLERANCE)
        verdict = "equal" if difference == 0 else f"differs by {difference:.3g}"
        line = f"{name:<42} reference kernels: {verdict}{' (LiteRT misreads it)' if misread else ''}; default kernels: {largest(default, expected):.3g}"
        if tries_micro:
            header = path.with_suffix(".h")
            arena = 512 << 20
            if header.exists():
                arena = int(re.search(r"_arena_size = (\d+)", header.read_text())[1])
            found, why = micro(path, inputs_path, arena)
            claimed = json.loads(path.with_suffix(".json").read_text())["microcontroller"] != "no"
            # Its kernels round elsewhere now and then: a step is allowed.
            step = 1 if is_integer else max(TOLERANCE, smallest_step(expected))
            good = good and claimed == (found is not None)
            good = good and (found is None or largest(found, expected) <= step * 1.001)
            if found is not None:
                apart = largest(found, expected)
                line += f"; TFLM in {arena} bytes: {'equal' if apart == 0 else f'differs by {apart:.3g}'}"
            else:
                line += f"; TFLM refuses{'' if claimed else ' as said'}: {why}"
        failures += not good
        print(f"{'ok  ' if good else 'FAIL'} {line}", flush=True)
    print(f"{failures} failed" if failures else "all as it should be")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
