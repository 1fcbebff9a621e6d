"""The known errors of the package engine: each carries one clear sentence and needs no traceback."""


class EngineError(Exception):
    """Base of every known error of the package engine: an input that the mathematics cannot use."""


class DataError(EngineError):
    """A data file that is missing, damaged, or not of the expected form."""


class DeviceError(EngineError):
    """A computing device that was asked for and cannot be used."""


class NetworkError(EngineError):
    """A network that cannot be made, cut, trained, or given the weights that it was to have."""
