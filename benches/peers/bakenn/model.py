"""Gives BakeNN the integers of tinyevo's champions, and makes the digits for the firmware; called by run.

    TINYEVO_DATA=DIR python3 model.py FOLDER

FOLDER has for each network a folder with champion.tev and digits.h, as tinyevo export writes them. BakeNN's C comes beside
them, a folder for each choice of kernels and chip, and `digits`: test images with tinyevo's classes as labels.
Prints how many of all test images both get right, and for how many they say the same, and BakeNN's kernels.
"""

import ctypes
import dataclasses
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import peer

peer.environment("bakenn", "bakenn==1.0.0", "numpy==2.4.6")

import bakenn
import numpy

import graph
import tev

HERE = pathlib.Path(__file__).resolve().parent
CALIBRATION = 2000
# Images for the counts of instructions.
SOME = 100
# BakeNN's choices of kernels: the policy, and whether CMSIS-NN is among them.
CHOICES = {
    "bakenn": (bakenn.KernelPolicy.PORTABLE, False),
    "bakenn-priority": (bakenn.KernelPolicy.STATIC_PRIORITY, False),
    "bakenn-cmsis": (bakenn.KernelPolicy.STATIC_PRIORITY, True),
}
CHIPS = {"microbit": bakenn.CORTEX_M0PLUS, "mps2-an386": bakenn.CORTEX_M4}


def coarser(layer):
    """The layer with one scale for all its outputs, which CMSIS-NN's dense layers ask for."""
    if layer.kind != tev.DENSE:
        return layer
    scale = layer.ratios.max()
    factors = layer.ratios / scale
    weights = numpy.rint(layer.weights * factors).astype(numpy.int8)
    bias = numpy.rint(layer.bias * factors).astype(numpy.int32)
    most = layer.ratios.argmax()
    equal = numpy.ones_like(bias)
    multipliers, shifts = layer.multipliers[most] * equal, layer.shifts[most] * equal
    return dataclasses.replace(layer, weights=weights, bias=bias, multipliers=multipliers, shifts=shifts)


def library(folder, name, sources, *flags):
    """C for this machine."""
    path = folder / f"{name}.so"
    command = ["cc", "-O2", "-shared", "-fPIC", *flags, "-o", path, *sources]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(path))


def logits(call, images, kind):
    """The logits of each image, by `call(image, logits)`."""
    results = numpy.zeros((len(images), peer.CLASSES), kind)
    for image, result in zip(images, results):
        call(image.ctypes, result.ctypes)
    return results


def reported(name, network, **figures):
    for key, value in figures.items():
        print(f"{network} {name} {key}={value}")


def compiled(folder, name, board, network):
    """BakeNN's C by a choice for a chip."""
    policy, cmsis = CHOICES[name]
    chip = CHIPS[board]
    if cmsis:
        # BakeNN takes CMSIS-NN for chips with DSP instructions only; without them CMSIS-NN is plain C.
        chip = dataclasses.replace(chip, features=CHIPS["mps2-an386"].features)
    options = bakenn.CBackendOptions(kernel_policy=policy, enable_cmsis_nn=cmsis)
    made = bakenn.compile(network, folder / f"{name} {board}", model_name="digits", target=chip, backend_options=options)
    kernels = [one.kernel_id for one in made.artifacts.backend_plan.selections if "view" not in one.kernel_id]
    reported(f"{name} {board}", folder.name, kernels=",".join(kernels))


def hosted(folder, network):
    """BakeNN's C on this machine, as a function of an image and its logits."""
    bakenn.compile(network, folder, model_name="digits")
    code = library(folder.parent, folder.name, sorted(folder.glob("*.c")), "-I", folder)
    arena = numpy.zeros(1 << 16, numpy.uint8)
    # An address of any alignment that BakeNN asks for.
    aligned = arena[-arena.ctypes.data % 64 :]
    return lambda image, out: code.bknn_digits_infer(aligned.ctypes, image, out)


def main():
    train = numpy.rint(255 * peer.mnist("train")[0][:CALIBRATION]).astype(numpy.uint8)
    images, labels = peer.mnist()
    images = numpy.rint(255 * images).astype(numpy.uint8)
    codes = (images ^ 0x80).view(numpy.int8)
    for champion in sorted(pathlib.Path(sys.argv[1]).glob("*/champion.tev")):
        folder, name = champion.parent, champion.parent.name
        source = HERE / "src" / "engine" / "tinyevo.c"
        code = library(folder, "tinyevo", [source], "-I", folder)
        largest = float(abs(logits(code.peer_logits, train, numpy.int32)).max())
        classes = logits(code.peer_logits, images, numpy.int32).argmax(1)
        reported("tinyevo", name, right=(classes == labels).sum())
        shape, layers = tev.read(champion)
        for names, own in (list(CHOICES)[:2], layers), (list(CHOICES)[2:], [coarser(layer) for layer in layers]):
            network = graph.graph("digits", shape, own, largest)
            for choice in names:
                for board in CHIPS:
                    compiled(folder, choice, board, network)
            # All its kernels give the same: table.py sees to it.
            others = logits(hosted(folder / f"{names[-1]} host", network), codes, numpy.int8).argmax(1)
            for choice in names:
                reported(choice, name, right=(others == labels).sum(), same=(others == classes).sum())
        digits = folder / "digits"
        digits.mkdir(exist_ok=True)
        (digits / "images").write_bytes(images[:SOME].tobytes())
        (digits / "labels").write_bytes(classes[:SOME].astype(numpy.uint8).tobytes())


if __name__ == "__main__":
    main()
