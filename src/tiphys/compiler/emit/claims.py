"""`CreatePVC` and `DeletePVC` of kfp-kubernetes, which are no containers: resource templates of Argo.

KFP's backend does these in its driver. In a plain workflow Argo creates and deletes the claim itself; the
run's service account needs the right to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.compiler.emit.body import Body, Pod
from tiphys.compiler.lowered import Flag, Form, Handed
from tiphys.compiler.transport import Value, computed, constant, encode, path, structure, typed, variable
from tiphys.errors import CompileError

Json = Any

CREATE = "argostub/createpvc"
DELETE = "argostub/deletepvc"


def claim(given: Pod) -> Body:
    """The template of one of the two."""
    body = Body()
    create = given.container.image == CREATE
    parameters: list[Json] = []
    for name, spec in given.component.input_definitions.parameters.items():
        parameter: dict[str, Json] = {"name": given.inputs[name]}
        if spec.has_default:
            parameter["default"] = encode(typed(spec.default_value, spec.parameter_type))
        elif spec.is_optional:
            parameter["default"] = "null"
        parameters.append(parameter)
    body.fields["inputs"] = {"parameters": parameters}
    if create:
        body.fields["outputs"] = {"parameters": [{"name": "name", "valueFrom": {"jsonPath": "{.metadata.name}"}}]}
        body.outputs["name"] = Handed("name", "STRING", Form.RAW)
    manifest = _created(given) if create else _deleted(given)
    body.fields["resource"] = {
        "action": "create" if create else "delete",
        **({"setOwnerReference": False} if create else {}),
        "manifest": structure(manifest).field,
    }
    return body


def _created(given: Pod) -> dict[str, Json]:
    find = _Inputs(given)
    metadata: dict[str, Json] = {"name": find.name()}
    if find.is_given("annotations"):
        metadata["annotations"] = find("annotations")
    claim: dict[str, Json] = {
        "accessModes": find("access_modes"),
        "resources": {"requests": {"storage": find("size")}},
    }
    for name, field in (
        ("storage_class_name", "storageClassName"),
        ("volume_name", "volumeName"),
        ("data_source", "dataSource"),
    ):
        if find.is_given(name):
            claim[field] = find(name)
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": claim}


def _deleted(given: Pod) -> dict[str, Json]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": _Inputs(given)("pvc_name")},
    }


class _Inputs:
    def __init__(self, given: Pod) -> None:
        self._given = given
        self._specs: Mapping[str, Any] = given.component.input_definitions.parameters

    def is_given(self, name: str) -> bool:
        """True if there is a value, be it a default."""
        spec = self._specs.get(name)
        if spec is None:
            return False
        return Flag.ABSENT not in self._given.call.flags_of(name) or spec.has_default

    def __call__(self, name: str) -> Value:
        if name not in self._specs:
            raise CompileError(f"{self._given.where}: `{name}` is missing", remedy="Use kfp-kubernetes' own.")
        return variable("inputs", "parameters", self._given.inputs[name])

    def name(self) -> Value:
        """The claim's name: as given, or the run's name with what is given behind it."""
        if self.is_given("pvc_name"):
            return self("pvc_name")
        if self.is_given("pvc_name_suffix"):
            suffix = path("inputs", "parameters", self._given.inputs["pvc_name_suffix"])
            return computed(f"toJson(workflow.name + fromJSON({suffix}))")
        return constant("{{workflow.name}}")
