"""Components for the tests of this room; kfp reads their annotations, so these are no strings."""

from kfp import dsl


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def train(rate: float) -> float:
    return rate


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def predict(score: float) -> str:
    return str(score)


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def report(lines: list = []):  # noqa: B006 - kfp reads the default from the signature
    print(lines)


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def clean(text: str = ""):
    print(text)
