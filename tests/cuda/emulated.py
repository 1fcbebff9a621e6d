"""Run a module with a CUDA device that is emulated on the CPU: `python emulated.py LIBRARY MODULE ARGUMENT…`.

torch's CPU build gets a device `cuda:0` of memory that is the CPU's (`emulated.cpp`), and the few functions of
`torch.cuda` that the project calls. It needs a C++ compiler, and a torch without CUDA.
"""

import contextlib
import ctypes
import hashlib
import os
import runpy
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("emulated.cpp")
COMPILER = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")


def torch_folder() -> Path:
    """Where torch is installed; it is not imported."""
    spec = find_spec("torch")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def compiled(folder: Path) -> Path:
    """The device as a library in the folder; one that was compiled there before, of the same source, serves again."""
    assert COMPILER is not None
    made_of = SOURCE.read_bytes() + version("torch").encode() + COMPILER.encode()
    library = folder / f"emulated-{hashlib.sha256(made_of).hexdigest()[:16]}.so"
    if library.exists():
        return library
    torch = torch_folder()
    unfinished = library.with_suffix(f".{os.getpid()}")
    include = [f"-I{torch / 'include' / part}" for part in (".", "torch/csrc/api/include")]
    link = [f"-L{torch / 'lib'}", f"-Wl,-rpath,{torch / 'lib'}", "-lc10", "-ltorch_cpu"]
    subprocess.run(
        [COMPILER, "-std=c++20", "-shared", "-fPIC", *include, str(SOURCE), "-o", unfinished, *link], check=True
    )
    unfinished.replace(library)
    return library


class Stream:
    """The one stream that there is."""

    def __init__(self, device: Any = None) -> None:
        del device

    def wait_stream(self, other: "Stream") -> None:
        """Wait for nothing."""


def install(library: Path) -> None:
    """Give torch the device; before anything imports torch."""
    assert "torch" not in sys.modules
    device = ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    for function in (device.used_bytes, device.most_bytes):
        function.restype = ctypes.c_size_t
    device.allow_bytes.argtypes = [ctypes.c_size_t]
    import torch

    cuda: Any = torch.cuda
    all_bytes = device.most_bytes()

    def pinned(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.is_cuda:
            raise RuntimeError("cannot pin 'torch.cuda.FloatTensor' only dense CPU tensors can be pinned")
        return tensor.clone()

    cuda._lazy_init = lambda: None
    cuda.is_available = cuda.is_initialized = lambda: True
    cuda.is_bf16_supported = lambda *_, **__: True
    cuda.is_current_stream_capturing = lambda: False
    cuda.current_device = lambda: 0
    cuda.device_count = lambda: 1
    cuda.get_device_name = lambda _=None: "emulated on the CPU"
    cuda.mem_get_info = lambda _=None: (device.most_bytes() - device.used_bytes(), device.most_bytes())
    cuda.set_per_process_memory_fraction = lambda share, _=None: device.allow_bytes(int(share * all_bytes))
    cuda.set_sync_debug_mode = lambda mode: device.forbid_waiting(mode == "error")
    cuda.synchronize = lambda _=None: None
    # The CPU's generator draws for it.
    cuda.manual_seed = lambda _: None
    cuda.get_rng_state = lambda _=None: torch.get_rng_state()
    cuda.set_rng_state = lambda *_: None
    cuda.Stream = Stream
    cuda.current_stream = Stream
    cuda.stream = lambda _: contextlib.nullcontext()
    torch.Tensor.record_stream = lambda *_: None  # type: ignore[method-assign,assignment]
    torch.Tensor.pin_memory = pinned  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    # The folder of this file is no place for the modules to be found in.
    sys.path[0] = str(Path.cwd())
    install(Path(sys.argv[1]))
    del sys.argv[:2]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
