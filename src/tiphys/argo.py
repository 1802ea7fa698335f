"""What only Argo can do, said in Python beside the real kfp SDK.

`from tiphys import argo` is enough for the settings to be kept: they go into the IR's own `platforms`
section, also by the stock `kfp dsl compile`.
"""

from tiphys.authoring.affinity import affinity, node_affinity, pod_affinity, pod_anti_affinity
from tiphys.authoring.choices import choices
from tiphys.authoring.container_set import container_set
from tiphys.authoring.containers import container, init_container, sidecar
from tiphys.authoring.continue_on import continue_on
from tiphys.authoring.daemon import address, daemon
from tiphys.authoring.dag_task import dag, dag_task
from tiphys.authoring.depends import depends
from tiphys.authoring.env import env, env_from
from tiphys.authoring.fail_fast import fail_fast
from tiphys.authoring.gather import install as _install
from tiphys.authoring.hooks import hook, on_exit
from tiphys.authoring.housekeeping import archive_logs, pod_gc, ttl
from tiphys.authoring.http import http
from tiphys.authoring.image_pull_secrets import image_pull_secrets
from tiphys.authoring.locks import mutex, semaphore
from tiphys.authoring.memoize import memoize
from tiphys.authoring.metadata import annotations, labels
from tiphys.authoring.metrics import metrics
from tiphys.authoring.network import dns, host_aliases, host_network
from tiphys.authoring.node_selector import node_selector
from tiphys.authoring.patch import patch
from tiphys.authoring.pod_spec_patch import pod_spec_patch
from tiphys.authoring.recursion import recurse
from tiphys.authoring.resource import resource
from tiphys.authoring.resources import resources
from tiphys.authoring.results import (
    all_failed,
    any_succeeded,
    daemoned,
    done,
    errored,
    failed,
    omitted,
    skipped,
    succeeded,
)
from tiphys.authoring.retry import retry
from tiphys.authoring.run_when import run_when
from tiphys.authoring.scheduling import priority_class, runtime_class, scheduler
from tiphys.authoring.security_context import pod_security_context, security_context
from tiphys.authoring.sequence import sequence
from tiphys.authoring.service_account import service_account
from tiphys.authoring.steps import step
from tiphys.authoring.suspend import suspend
from tiphys.authoring.template import template
from tiphys.authoring.timeouts import timeout
from tiphys.authoring.tolerations import tolerations
from tiphys.authoring.topology_spread import topology_spread
from tiphys.authoring.transform import transform
from tiphys.authoring.volume_claims import volume_claim
from tiphys.authoring.volumes import mount, volume
from tiphys.authoring.workflow import workflow

__all__ = [
    "address",
    "affinity",
    "all_failed",
    "annotations",
    "any_succeeded",
    "archive_logs",
    "choices",
    "container",
    "container_set",
    "continue_on",
    "daemon",
    "daemoned",
    "dag",
    "dag_task",
    "depends",
    "dns",
    "done",
    "env",
    "env_from",
    "errored",
    "fail_fast",
    "failed",
    "hook",
    "host_aliases",
    "host_network",
    "http",
    "image_pull_secrets",
    "init_container",
    "labels",
    "memoize",
    "metrics",
    "mount",
    "mutex",
    "node_affinity",
    "node_selector",
    "omitted",
    "on_exit",
    "patch",
    "pod_affinity",
    "pod_anti_affinity",
    "pod_gc",
    "pod_security_context",
    "pod_spec_patch",
    "priority_class",
    "recurse",
    "resource",
    "resources",
    "retry",
    "run_when",
    "runtime_class",
    "scheduler",
    "security_context",
    "semaphore",
    "sequence",
    "service_account",
    "sidecar",
    "skipped",
    "step",
    "succeeded",
    "suspend",
    "template",
    "timeout",
    "tolerations",
    "topology_spread",
    "transform",
    "ttl",
    "volume",
    "volume_claim",
    "workflow",
]

_install()
