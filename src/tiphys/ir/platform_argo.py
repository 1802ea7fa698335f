"""The section `platforms.argo` of an IR: our own, which the stock backend ignores.

Names and values of fields are Argo's. `template` and `task` of an executor, and what `config` says of
the run and of DAGs, are laid over what the rest of the IR gives. `dags` is keyed by the name of the DAG's
component (`root` for the pipeline itself), its `tasks` by the name of the task in that DAG.
"""

from __future__ import annotations

from tiphys.ir.model import Json, Spec

API_VERSION = "tiphys.io/v1"


class ArgoExecutor(Spec, frozen=True):
    """Fields of Argo's Template and DAGTask for the one task of an executor."""

    template: dict[str, Json] = {}
    task: dict[str, Json] = {}


class ArgoDag(Spec, frozen=True):
    """Fields of a DAG: its DAGTemplate, its Template, and the DAGTasks of what has no executor."""

    dag: dict[str, Json] = {}
    template: dict[str, Json] = {}
    tasks: dict[str, dict[str, Json]] = {}


class ArgoConfig(Spec, frozen=True):
    """Fields of the run (WorkflowSpec) and of DAGs; `transforms` are functions as `module:name`."""

    api_version: str = API_VERSION
    workflow: dict[str, Json] = {}
    dags: dict[str, ArgoDag] = {}
    transforms: list[str] = []


class ArgoDeployment(Spec, frozen=True):
    """Settings of executors by label."""

    executors: dict[str, ArgoExecutor] = {}


class ArgoPlatform(Spec, frozen=True):
    """The whole section."""

    deployment_spec: ArgoDeployment = ArgoDeployment()
    platform: str = ""
    config: ArgoConfig = ArgoConfig()
    pipeline_config: dict[str, Json] = {}
