"""KFP's IR: read, typed, with its platform sections."""

from tiphys.ir.model import PipelineSpec
from tiphys.ir.reading import Ir, from_data, load, load_file

__all__ = ["Ir", "PipelineSpec", "from_data", "load", "load_file"]
