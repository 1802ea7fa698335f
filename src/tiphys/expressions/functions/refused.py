"""What tiphys does not do in an expression: private keys and certificates, password hashes, DNS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiphys.expressions.ambient import Refused
from tiphys.expressions.functions.signature import I, L, S, Table, function
from tiphys.expressions.go_values import GoType

_UINT32 = GoType("uint32", "uint32")
_CERTIFICATE = GoType("sprig.certificate", "struct")
_HASH = GoType("sprig.HashAlgorithm", "string")
_SIGNATURES: dict[str, tuple[GoType, ...]] = {
    "getHostByName": (S,),
    "bcrypt": (S,),
    "htpasswd": (S, S, _HASH),
    "genPrivateKey": (S,),
    "derivePassword": (_UINT32, S, S, S, S),
    "buildCustomCert": (S, S),
    "genCA": (S, I),
    "genCAWithKey": (S, I, S),
    "genSelfSignedCert": (S, L, L, I),
    "genSelfSignedCertWithKey": (S, L, L, I, S),
    "genSignedCert": (S, L, L, I, _CERTIFICATE),
    "genSignedCertWithKey": (S, L, L, I, _CERTIFICATE, S),
    "encryptAES": (S, S),
    "decryptAES": (S, S),
}


def _refuse(name: str) -> Callable[..., Any]:
    def run(*arguments: Any) -> Any:
        raise Refused(f"sprig.{name} is not done here: make such values in a task, or pass them as parameters")

    return run


FUNCTIONS: Table = {name: function(_refuse(name), *inputs) for name, inputs in _SIGNATURES.items()}
