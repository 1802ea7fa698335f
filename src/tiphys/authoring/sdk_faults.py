"""Faults of the kfp SDK that can be mended from outside without changing what it writes elsewhere.

Each is a function that replaces one of the SDK's by one that does the same, less the fault; `install`
puts them in place once. What cannot be mended here is named with a remedy where pipelines are loaded.
"""

from __future__ import annotations

import functools
import re
import types
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf import struct_pb2
from kfp.compiler import pipeline_spec_builder
from kfp.dsl import component_factory, pipeline_channel, pipeline_context, pipeline_task, tasks_group, utils

_MENDED = "_tiphys_mends"

_LINE_BREAKS = re.compile("[\n\r\x85\u2028\u2029]+")
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def install() -> None:
    """Put the mended functions in place, once."""
    for holder, name, mend in _MENDS:
        stock = getattr(holder, name)
        if not hasattr(stock, _MENDED):
            mended = mend(stock)
            setattr(mended, _MENDED, stock)
            setattr(holder, name, mended)


def _header_stays_a_comment(stock: Callable[..., str]) -> Callable[..., str]:
    """A line break in a default ended the comment in which the SDK repeats it: the file was no YAML."""

    @functools.wraps(stock)
    def extract_comments_from_pipeline_spec(*arguments: Any, **named: Any) -> str:
        text = _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), stock(*arguments, **named))
        lines = [line if line.startswith("#") else f"#    {line}" for line in _LINE_BREAKS.split(text) if line]
        return "\n".join(lines) + "\n"

    return extract_comments_from_pipeline_spec


def _null_is_a_value(stock: Callable[..., Any]) -> Callable[..., Any]:
    """`None` inside a constant list or dict was refused, though the IR has a word for it.

    Whole numbers that no double holds were changed in silence: now a warning says so.
    """

    @functools.wraps(stock)
    def to_protobuf_value(value: Any) -> Any:
        if value is None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        if isinstance(value, int) and 2**53 < abs(value) < 2**1023 and int(float(value)) != value:
            warnings.warn(
                f"{value} becomes {int(float(value))}: KFP's IR holds numbers as doubles; "
                "give it as an argument of the run, or as a text",
                stacklevel=2,
            )
        return stock(value)

    return to_protobuf_value


def _unset_inputs_are_no_outputs(stock: Callable[..., Any]) -> Callable[..., Any]:
    """`ignore_upstream_failure` raised KeyError for an optional input that was not passed."""

    @functools.wraps(stock)
    def ignore_upstream_failure(self: Any) -> Any:
        inputs = self.component_spec.inputs or {}
        unset = [name for name, spec in inputs.items() if spec.optional and name not in self.inputs]
        self.inputs.update(dict.fromkeys(unset))
        try:
            return stock(self)
        finally:
            for name in unset:
                del self.inputs[name]

    return ignore_upstream_failure


def _unique_name_in_one_look(stock: Callable[..., str]) -> Callable[..., str]:
    """Each candidate was sought in a list: tracing n uses of a component cost n³."""

    @functools.wraps(stock)
    def make_name_unique_by_adding_index(name: str, collection: Sequence[str], delimiter: str) -> str:
        if name not in collection:
            return name
        taken, index = set(collection), 2
        while f"{name}{delimiter}{index}" in taken:
            index += 1
        return f"{name}{delimiter}{index}"

    return make_name_unique_by_adding_index


def _sanitized_once(stock: Callable[..., str]) -> Callable[..., str]:
    """Every task's name was sanitized again for every other task of its DAG."""
    return functools.wraps(stock)(functools.lru_cache(maxsize=1 << 16)(stock))


def _same_archive_each_time(stock: Any) -> Any:
    """Embedded files were packed with the time of day: the same pipeline never was the same bytes."""
    return types.SimpleNamespace(compress=lambda data: stock.compress(data, mtime=0))


def _items_in_texts_are_items(stock: Callable[..., Any]) -> Callable[..., Any]:
    """The item of a loop inside a text was taken for a parameter of the pipeline, so groups lost it."""

    @functools.wraps(stock)
    def extract_pipeline_channels_from_string(payload: str) -> list[Any]:
        pipeline = pipeline_context.Pipeline.get_default_pipeline()
        groups = pipeline.groups if pipeline is not None else ()
        loops = [group.loop_argument for group in groups if isinstance(group, tasks_group.ParallelFor)]
        return [_item(channel, loops) for channel in stock(payload)]

    return extract_pipeline_channels_from_string


def _item(channel: Any, loops: Sequence[Any]) -> Any:
    """The item, or member of an item, of one of the loops around that `channel` is a copy of."""
    for loop in reversed(loops):
        if channel.task_name != loop.task_name:
            continue
        if channel.name == loop.name:
            return loop
        if channel.name.startswith(f"{loop.name}-subvar-"):
            return getattr(loop, channel.name.removeprefix(f"{loop.name}-subvar-"))
    return channel


_MENDS: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    (pipeline_spec_builder, "extract_comments_from_pipeline_spec", _header_stays_a_comment),
    (pipeline_spec_builder, "to_protobuf_value", _null_is_a_value),
    (pipeline_task.PipelineTask, "ignore_upstream_failure", _unset_inputs_are_no_outputs),
    (pipeline_channel, "extract_pipeline_channels_from_string", _items_in_texts_are_items),
    (component_factory, "gzip", _same_archive_each_time),
    (utils, "make_name_unique_by_adding_index", _unique_name_in_one_look),
    (utils, "maybe_rename_for_k8s", _sanitized_once),
)
