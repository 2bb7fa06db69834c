"""Pipeline files: YAML (or JSON) to `winslow.domain.pipeline.Pipeline` and back.

The format is described for people in docs/pipelines.md and for programs by `schema()`. Importing this package is
cheap: the YAML and JSON Schema libraries are loaded by the first call that needs them.
"""

from winslow.pipelinefile.problems import PipelineInvalid, Problem
from winslow.pipelinefile.reading import parse
from winslow.pipelinefile.rendering import render
from winslow.pipelinefile.structure import schema

__all__ = ["PipelineInvalid", "Problem", "parse", "render", "schema"]
