"""The same without a loop: three kinds of training, a prediction each, one report with optional inputs.

The report's needs are written as users of KFP 1.8 wrote them into the compiled manifest:
`(x || x.Failed || x.Omitted)` for every need.
"""

from kfp import dsl

from tiphys import argo

component = dsl.component(base_image="python:3.11", install_kfp_package=False)


@component
def train_mean(broken: list, model: dsl.Output[dsl.Model]):
    """A model that answers the mean of what it saw."""
    import json

    if "mean" in broken:
        raise RuntimeError("no mean today")
    values = [3 * x / 10 - 2 for x in range(100)]
    with open(model.path, "w") as file:
        json.dump({"slope": 0.0, "intercept": sum(values) / len(values)}, file)


@component
def train_ends(broken: list, model: dsl.Output[dsl.Model]):
    """A line through the first and the last point."""
    import json

    if "ends" in broken:
        raise RuntimeError("no ends today")
    first, last = -2.0, 3 * 99 / 10 - 2
    with open(model.path, "w") as file:
        json.dump({"slope": (last - first) / 9.9, "intercept": first}, file)


@component
def train_descent(broken: list, rate: float, model: dsl.Output[dsl.Model]):
    """A line fitted by gradient descent; too large a rate diverges."""
    import json
    import math

    if "descent" in broken:
        raise RuntimeError("no descent today")
    points = [(x / 10, 3 * x / 10 - 2) for x in range(100)]
    slope = intercept = 0.0
    for epoch in range(200):
        errors = [slope * x + intercept - y for x, y in points]
        slope -= rate * sum(error * x for error, (x, _) in zip(errors, points)) / len(points)
        intercept -= rate * sum(errors) / len(points)
        if not math.isfinite(slope) or abs(slope) > 1e9:
            raise ArithmeticError(f"training with rate {rate} diverged in epoch {epoch}")
    with open(model.path, "w") as file:
        json.dump({"slope": slope, "intercept": intercept}, file)


@component
def predict(model: dsl.Input[dsl.Model], at: float) -> float:
    """What the model says at one point."""
    import json

    with open(model.path) as file:
        line = json.load(file)
    return line["slope"] * at + line["intercept"]


@component
def report(page: dsl.Output[dsl.HTML], mean: float = None, ends: float = None, descent: float = None) -> str:
    """An HTML page that compares the predictions that exist and names the models that failed."""
    predictions = {"mean": mean, "ends": ends, "descent": descent}
    rows = "".join(f"<tr><td>{k}<td>{v:.3f}" for k, v in predictions.items() if v is not None)
    failed = [kind for kind, value in predictions.items() if value is None]
    summary = f"failed: {', '.join(failed)}" if failed else "all trainings succeeded"
    with open(page.path, "w") as file:
        file.write(f"<!doctype html><title>Models</title><h1>{summary}</h1><table>{rows}</table>")
    return summary


@dsl.pipeline(name="partial-failure-explicit")
def pipeline(broken: list = ["mean"], rate: float = 0.05, at: float = 5.0) -> str:
    mean = predict(model=train_mean(broken=broken).outputs["model"], at=at)
    ends = predict(model=train_ends(broken=broken).outputs["model"], at=at)
    descent = predict(model=train_descent(broken=broken, rate=rate).outputs["model"], at=at)
    compared = report(mean=mean.output, ends=ends.output, descent=descent.output)
    needs = (mean, ends, descent)
    argo.depends(compared, " && ".join(f"({x.name} || {x.name}.Failed || {x.name}.Omitted)" for x in needs))
    return compared.outputs["Output"]
