"""`argo.host_aliases`, `argo.dns`, `argo.host_network`: how a pod finds others."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import typed_object, typed_objects
from tiphys.authoring.kubernetes_objects import plain
from tiphys.authoring.settings import add_to_pod_spec, add_to_template, binder_of


def host_aliases(task: Any, *aliases: Any) -> Any:
    """Add lines to `/etc/hosts` of the pod of `task`. Calls add up.

    https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/

    Example:
        argo.host_aliases(train(rate=0.1), {"ip": "10.0.0.7", "hostnames": ["data.example"]})

    Returns `task`.
    """
    found = typed_objects(aliases, "v1.HostAlias", "a host alias", binder_of(task))
    return add_to_template(task, "argo.host_aliases", {"hostAliases": found})


def dns(task: Any, *, policy: Any = None, config: Any = None) -> Any:
    """Set the DNS policy and configuration of the pod of `task`.

    https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/

    Example:
        argo.dns(train(rate=0.1), policy="None", config={"nameservers": ["1.1.1.1"]})

    Returns `task`.
    """
    bind = binder_of(task)
    fields: dict[str, Any] = {}
    if policy is not None:
        fields["dnsPolicy"] = plain(policy, bind)
    if config is not None:
        fields["dnsConfig"] = typed_object(config, "v1.PodDNSConfig", "a DNS configuration", bind)
    return add_to_pod_spec(task, "argo.dns", fields)


def host_network(task: Any) -> Any:
    """Let the pod of `task` use the network of its node.

    Example:
        argo.host_network(train(rate=0.1))

    Returns `task`.
    """
    return add_to_pod_spec(task, "argo.host_network", {"hostNetwork": True})
