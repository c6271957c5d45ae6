"""Makes the files that are measured: MobileNetV2 1.0/224 with Octet's own trained weights, calibrated on its photos.

Speed does not depend on the weights, but whether two engines agree does: in a deep network of random numbers a
rounding of the first layer decides what the last one says, and even LiteRT's own kernels contradict each other.

    cargo xtask models                     # fetches the weights and the photos
    python make_models.py tflite FOLDER    # with tensorflow-cpu and pillow
    python make_models.py onnx FOLDER      # with torch, torchvision, pillow, onnx, onnxruntime
"""

import json
import re
import sys
from pathlib import Path

import numpy as np

WWW = Path(__file__).parents[2] / "www"
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def weights():
    """The arrays of the checkpoint, by torchvision's older names, in the order of the layers."""
    data = (WWW / "models/mobilenet_v2.safetensors").read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    arrays = {}
    for name in sorted(header, key=lambda name: [int(digits) for digits in re.findall(r"\d+", name)] or [99]):
        begin, end = header[name]["data_offsets"]
        if header[name]["dtype"] == "F32":
            arrays[name] = np.frombuffer(data[start + begin : start + end], np.float32).reshape(header[name]["shape"])
    return arrays


def layers(arrays):
    """For each layer what it holds, by the last word of its name."""
    found = {}
    for name, array in arrays.items():
        layer, word = name.rsplit(".", 1)
        found.setdefault(layer, {})[word] = array
    return list(found.values())


def images():
    """Parts of the photos as the network takes them; channels last."""
    from PIL import Image

    for path in sorted((WWW / "photos").iterdir()):
        photo = Image.open(path).convert("RGB")
        side = min(photo.size)
        for part in (1.0, 0.8, 0.6):
            width = int(side * part)
            for left, top in ((0, 0), (photo.width - width, photo.height - width)):
                square = photo.crop((left, top, left + width, top + width)).resize((224, 224), Image.Resampling.BILINEAR)
                yield ((np.asarray(square, np.float32) / 255 - MEAN) / DEVIATION).astype(np.float32)


def tflite(folder):
    import tensorflow as tf

    network = tf.keras.applications.MobileNetV2(weights=None, input_shape=(224, 224, 3))
    holders = [layer for layer in network.layers if layer.weights]
    for layer, held in zip(holders, layers(weights()), strict=True):
        weight = held["weight"]
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.epsilon = 1e-5  # PyTorch's
            layer.set_weights([weight, held["bias"], held["running_mean"], held["running_var"]])
        elif isinstance(layer, tf.keras.layers.DepthwiseConv2D):
            layer.set_weights([weight.transpose(2, 3, 0, 1)])
        elif isinstance(layer, tf.keras.layers.Conv2D):
            layer.set_weights([weight.transpose(2, 3, 1, 0)])
        else:
            layer.set_weights([weight.T, held["bias"]])
    inputs = tf.keras.Input(batch_shape=(1, 224, 224, 3))
    model = tf.keras.Model(inputs, network(inputs, training=False))

    def convert(name, quantize=False, calibrate=False):
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        if quantize:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if calibrate:
            converter.representative_dataset = lambda: ([image[None]] for image in images())
            # float32 at the edges: LiteRT.js takes no int8 input.
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        (folder / name).write_bytes(converter.convert())

    convert("mnv2_fp32.tflite")
    convert("mnv2_dr.tflite", quantize=True)
    convert("mnv2_int8.tflite", quantize=True, calibrate=True)


def onnx(folder):
    import torch
    import torchvision
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    model = torchvision.models.mobilenet_v2(weights=None)
    holders = [module for module in model.modules() if list(module.parameters(recurse=False))]
    for module, held in zip(holders, layers(weights()), strict=True):
        module.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in held.items()}, strict=False)
    plain, prepared = folder / "mnv2_fp32.onnx", folder / "prepared.onnx"
    torch.onnx.export(
        # The .tflite files end in a softmax, too.
        torch.nn.Sequential(model, torch.nn.Softmax(dim=1)).eval(),
        (torch.zeros(1, 3, 224, 224),),
        str(plain),
        input_names=["input"],
        output_names=["output"],
        dynamo=False,
        opset_version=17,
    )

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.rest = ({"input": image.transpose(2, 0, 1)[None]} for image in images())

        def get_next(self):
            return next(self.rest, None)

    quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared),
        str(folder / "mnv2_qdq.onnx"),
        Reader(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    prepared.unlink()


if __name__ == "__main__":
    kind, folder = {"tflite": tflite, "onnx": onnx}[sys.argv[1]], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    kind(folder)
