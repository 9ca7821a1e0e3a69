"""One file for a fitted model: versioned, checked, and opened without running code."""

from sknn_bio.persistence._errors import ModelFileError
from sknn_bio.persistence._inspect import FileContents, inspect
from sknn_bio.persistence._load import load
from sknn_bio.persistence._onnx import to_onnx
from sknn_bio.persistence._save import save
from sknn_bio.persistence._skops import SKOPS_TRUSTED
from sknn_bio.persistence._torch import to_torch

__all__ = [
    "SKOPS_TRUSTED",
    "FileContents",
    "ModelFileError",
    "inspect",
    "load",
    "save",
    "to_onnx",
    "to_torch",
]
