"""Makes the champion's .tflite, and folders with test images and labels; called by run.

    TINYEVO_DATA=DIR python3 model.py FOLDER

FOLDER has champion.safetensors. TensorFlow's own converter makes full integers of it, with the
2,000 images that tinyevo's scales come from and, as MicroFlow asks, one scale for a layer's weights.
No softmax: neither engine needs it for the class. Prints how many images the floats get right.
"""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import peer

peer.environment("microflow", "tensorflow-cpu==2.21.0", "numpy")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy
import tensorflow

CALIBRATION = 2000
# Images for the counts of instructions: as they are, and without a zero pixel.
SOME = 200


def tensors(path):
    """What a file of safetensors holds, by name."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    for name, tensor in header.items():
        first, end = (start + offset for offset in tensor["data_offsets"])
        yield name, numpy.frombuffer(data[first:end], numpy.float32).reshape(tensor["shape"])


def convert(weights, images):
    @tensorflow.function(input_signature=[tensorflow.TensorSpec((1, peer.INPUTS), tensorflow.float32)])
    def logits(image):
        hidden = tensorflow.nn.relu(image @ weights["dense/kernel"] + weights["dense/bias"])
        return hidden @ weights["dense_1/kernel"] + weights["dense_1/bias"]

    converter = tensorflow.lite.TFLiteConverter.from_concrete_functions([logits.get_concrete_function()])
    converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[None]] for image in images)
    converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tensorflow.int8
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    return converter.convert()


def check_input(model):
    """src/engine/microflow.rs takes this scale and zero point for granted."""
    interpreter = tensorflow.lite.Interpreter(model_content=model)
    scale, zero = interpreter.get_input_details()[0]["quantization"]
    if zero != -128 or abs(255 * scale - 1) > 1e-5:
        raise SystemExit(f"the model's input has the scale {scale} and the zero point {zero}")


def save(folder, pixels, labels):
    folder.mkdir(exist_ok=True)
    (folder / "images").write_bytes(pixels.tobytes())
    (folder / "labels").write_bytes(labels.tobytes())


def main():
    folder = pathlib.Path(sys.argv[1])
    weights = dict(tensors(folder / "champion.safetensors"))
    model = convert(weights, peer.mnist("train")[0][:CALIBRATION])
    check_input(model)
    (folder / "champion.tflite").write_bytes(model)
    images, labels = peer.mnist()
    pixels = numpy.rint(255 * images).astype(numpy.uint8)
    save(folder / "some", pixels[:SOME], labels[:SOME])
    save(folder / "dense", numpy.maximum(pixels[:SOME], 1), labels[:SOME])
    save(folder / "all", pixels, labels)
    hidden = numpy.maximum(images @ weights["dense/kernel"] + weights["dense/bias"], 0)
    classes = (hidden @ weights["dense_1/kernel"] + weights["dense_1/bias"]).argmax(1)
    print(f"images={len(labels)}\nright={(classes == labels).sum()}")


if __name__ == "__main__":
    main()
