"""Where a pod of kfp-kubernetes may run: node selectors, tolerations, affinity to nodes and to pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tiphys.compiler.emit.setter import Given, Setter
from tiphys.compiler.transport import computed, encode, literal, path, whole_numbers
from tiphys.errors import Unsupported
from tiphys.ir.platform_kubernetes import (
    KubernetesExecutor,
    NodeAffinityTerm,
    PodAffinityTerm,
    SelectorRequirement,
)

Json = Any


def placement(given: KubernetesExecutor, setter: Setter) -> None:
    """Set where the pod may run."""
    fields, patch = setter.body.fields, setter.body.pod_patch
    if given.node_selector is not None:
        json = given.node_selector.node_selector_json
        selector: Json = dict(given.node_selector.labels)
        found = setter.find(json) if json is not None else Given(selector)
        _whole("nodeSelector", found, "KUBERNETES_NODE_SELECTOR", setter)
    if given.tolerations:
        _tolerations(given, setter)
    affinity, later = _node_affinity(given.node_affinity, setter)
    if affinity:
        if setter.told.get("KUBERNETES_AFFINITY"):
            setter.config["affinity"] = {"nodeAffinity": affinity}
        if setter.on_pod["KUBERNETES_AFFINITY"]:
            if later:
                patch["affinity"] = {"nodeAffinity": affinity}
            else:
                fields["affinity"] = {"nodeAffinity": affinity}
    pods = _pod_affinity(given.pod_affinity)
    if pods:
        target = patch if later and "affinity" in patch else fields
        target["affinity"] = {**target.get("affinity", {}), **pods}


def _whole(name: str, found: Given, passthrough: str, setter: Setter) -> None:
    """A whole object of the pod's spec."""
    if setter.told.get(passthrough):
        setter.config[name] = found.value
    if not setter.on_pod[passthrough]:
        return
    if found.input:  # null, in a strategic merge, takes away what is not there: nothing
        setter.body.pod_patch[name] = found.value
    elif found.known:
        setter.body.fields[name] = found.value


def _tolerations(given: KubernetesExecutor, setter: Setter) -> None:
    """A list that Kubernetes merges as one: with one unknown member all of it is in the patch."""
    known: list[Json] = []
    members: list[str] = []
    for toleration in given.tolerations:
        found = setter.find(toleration.toleration_json) if toleration.toleration_json is not None else None
        if found is None or not found.input:
            objects = (
                [_toleration(msgspec.to_builtins(toleration))]
                if found is None
                else (found.known if isinstance(found.known, list) else [found.known] if found.known else [])
            )
            known += [whole_numbers(each) for each in objects]
            continue
        text = path("inputs", "parameters", found.input)
        inside = f"sprig.trimPrefix('[', sprig.trimSuffix(']', {text}))"
        members.append(f"(let t = {text}; t == 'null' || t == '[]' || t == '{{}}' ? '' : ',' + {inside})")
    if not members:
        listed: Json = known
    else:
        head = encode(known)[1:-1]
        fixed = f"',' + {literal(head)}" if head else "''"
        inner = " + ".join([fixed, *members])
        listed = computed(f"'[' + sprig.trimPrefix(',', {inner}) + ']'")
    if setter.told.get("KUBERNETES_TOLERATIONS"):
        setter.config["tolerations"] = listed
    if setter.on_pod["KUBERNETES_TOLERATIONS"]:
        (setter.body.pod_patch if members else setter.body.fields)["tolerations"] = listed


def _toleration(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in fields.items() if value not in (None, "")}


def _node_affinity(terms: list[NodeAffinityTerm], setter: Setter) -> tuple[Json, bool]:
    """Required and preferred nodes; True if a part is known to the run only."""
    required: list[Json] = []
    preferred: list[Json] = []
    for term in terms:
        if term.node_affinity_json is not None:
            found = setter.find(term.node_affinity_json)
            if found.input:
                if len(terms) > 1:
                    raise Unsupported(
                        f"{setter.where}: a node affinity that the run decides beside another one",
                        remedy="Put both into the JSON that is passed.",
                    )
                return found.value, True
            known = whole_numbers(found.known) or {}
            needed = known.get("requiredDuringSchedulingIgnoredDuringExecution", {})
            required += needed.get("nodeSelectorTerms", [])
            preferred += known.get("preferredDuringSchedulingIgnoredDuringExecution", [])
            continue
        selector: dict[str, Json] = {}
        if term.match_expressions:
            selector["matchExpressions"] = [_requirement(each) for each in term.match_expressions]
        if term.match_fields:
            selector["matchFields"] = [_requirement(each) for each in term.match_fields]
        if not selector:
            continue
        if term.weight is None:
            required.append(selector)
        else:
            preferred.append({"weight": term.weight, "preference": selector})
    found_: dict[str, Json] = {}
    if required:
        found_["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": required}
    if preferred:
        found_["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    return found_, False


def _requirement(given: SelectorRequirement) -> dict[str, Json]:
    values = {"values": list(given.values)} if given.values else {}
    return {"key": given.key, "operator": given.operator, **values}


def _pod_affinity(terms: list[PodAffinityTerm]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for term in terms:
        selector = _label_selector(term.match_pod_labels, term.match_pod_expressions)
        spaces = _label_selector(term.match_namespace_labels, term.match_namespace_expressions)
        one: dict[str, Json] = {
            **({"labelSelector": selector} if selector else {}),
            "topologyKey": term.topology_key,
            **({"namespaces": list(term.namespaces)} if term.namespaces else {}),
            **({"namespaceSelector": spaces} if spaces else {}),
        }
        kind = found.setdefault("podAntiAffinity" if term.anti else "podAffinity", {})
        if term.weight is None:
            kind.setdefault("requiredDuringSchedulingIgnoredDuringExecution", []).append(one)
        else:
            kind.setdefault("preferredDuringSchedulingIgnoredDuringExecution", []).append(
                {"weight": term.weight, "podAffinityTerm": one}
            )
    return found


def _label_selector(labels: Mapping[str, str], expressions: list[SelectorRequirement]) -> dict[str, Json]:
    return {
        **({"matchLabels": dict(labels)} if labels else {}),
        **({"matchExpressions": [_requirement(each) for each in expressions]} if expressions else {}),
    }
