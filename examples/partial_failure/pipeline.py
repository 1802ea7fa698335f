"""Train with several learning rates, predict with every model that came out, compare them in one report.

Some rates make the training diverge. Those trainings fail, their predictions are left out, and the report
compares what there is and names what failed. The last line of the pipeline says so.
"""

from kfp import dsl

from tiphys import argo

component = dsl.component(base_image="python:3.11", install_kfp_package=False)


@component
def train(rate: float, model: dsl.Output[dsl.Model]):
    """Fit a line to noisy points by gradient descent; too large a rate diverges."""
    import json
    import math
    import random

    noise = random.Random(7)
    points = [(x / 10, 3 * x / 10 - 2 + noise.gauss(0, 0.3)) for x in range(100)]
    slope = intercept = loss = 0.0
    for epoch in range(200):
        errors = [slope * x + intercept - y for x, y in points]
        slope -= rate * sum(error * x for error, (x, _) in zip(errors, points)) / len(points)
        intercept -= rate * sum(errors) / len(points)
        loss = sum(error * error for error in errors) / len(points)
        if not math.isfinite(loss) or loss > 1e9:
            raise ArithmeticError(f"training with rate {rate} diverged in epoch {epoch}")
    model.metadata["loss"] = loss
    with open(model.path, "w") as file:
        json.dump({"rate": rate, "slope": slope, "intercept": intercept, "loss": loss}, file)
    print(f"rate {rate}: loss {loss:.4f}")


@component
def predict(model: dsl.Input[dsl.Model], at: float) -> dict:
    """What the model says at one point."""
    import json

    with open(model.path) as file:
        line = json.load(file)
    return {"rate": line["rate"], "loss": line["loss"], "value": line["slope"] * at + line["intercept"]}


@component
def report(rates: list, predictions: list, page: dsl.Output[dsl.HTML]) -> str:
    """An HTML page that compares the predictions that exist and names the rates that failed."""
    ranked = sorted(predictions, key=lambda prediction: prediction["loss"])
    failed = [rate for rate in rates if rate not in [prediction["rate"] for prediction in ranked]]
    rows = "".join(f"<tr><td>{p['rate']}<td>{p['loss']:.4f}<td>{p['value']:.3f}" for p in ranked)
    missing = "".join(f"<li>rate {rate}" for rate in failed) or "<li>none"
    summary = f"{len(failed)} of {len(rates)} trainings failed"
    if ranked:
        summary += f", the best rate is {ranked[0]['rate']}"
    with open(page.path, "w") as file:
        file.write(
            f"<!doctype html><title>Trainings</title><h1>{summary}</h1>"
            f"<table><tr><th>rate<th>loss<th>prediction{rows}</table><h2>Failed</h2><ul>{missing}</ul>"
        )
    return summary


@dsl.pipeline(name="partial-failure")
def pipeline(rates: list = [0.001, 0.01, 0.05, 0.1, 0.5], at: float = 5.0) -> str:
    with dsl.ParallelFor(rates) as rate:
        trained = train(rate=rate)
        predicted = predict(model=trained.outputs["model"], at=at)
    compared = report(rates=rates, predictions=dsl.Collected(predicted.output))
    argo.run_when(compared, "all_done")
    return compared.outputs["Output"]
