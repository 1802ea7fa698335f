"""The Workflow that a manifest of another kind stands for."""

from __future__ import annotations

from typing import Final

from tiphys.loading.loaded import Manifest, name_of

TEMPLATES: Final = ("WorkflowTemplate", "ClusterWorkflowTemplate")


def as_workflow(manifest: Manifest) -> Manifest:
    """The Workflow that a manifest is, or makes."""
    spec = manifest.get("spec") or {}
    head = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
    made = {**(spec.get("workflowMetadata") or {}), "name": name_of(manifest)}
    match manifest.get("kind"):
        case "CronWorkflow":
            return {**head, "metadata": made, "spec": spec.get("workflowSpec") or {}}
        case "WorkflowTemplate" | "ClusterWorkflowTemplate" as kind:
            reference: Manifest = {"name": name_of(manifest)}
            if kind == "ClusterWorkflowTemplate":
                reference["clusterScope"] = True
            own: Manifest = {"workflowTemplateRef": reference}
            if spec.get("arguments"):
                own["arguments"] = spec["arguments"]
            return {**head, "metadata": made, "spec": own}
        case _:
            return manifest
