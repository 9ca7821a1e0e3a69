"""Losses against closed forms of torch, scikit-learn and SciPy."""

import numpy as np
import pytest
import torch
from sklearn import metrics
from torch import nn
from torch.nn import functional as F

from sknn_bio.nn import LOSSES, build_loss

RNG = np.random.RandomState(0)


def classification(n_classes, members=2, rows=11):
    outputs = 1 if n_classes == 2 else n_classes
    raw = torch.from_numpy(2 * RNG.normal(size=(members, rows, outputs)))
    return raw, torch.from_numpy(RNG.randint(n_classes, size=(members, rows)))


def regression(outputs=2, members=2, rows=11):
    raw = torch.from_numpy(2 * RNG.normal(size=(members, rows, outputs)))
    return raw, torch.from_numpy(RNG.normal(size=raw.shape))


def positive_probability(raw):
    p = torch.sigmoid(raw) if raw.shape[-1] == 1 else torch.softmax(raw, -1)
    return p.numpy()


@pytest.mark.parametrize("n_classes", [2, 4])
def test_cross_entropy_is_scikit_learns_log_loss(n_classes):
    raw, y = classification(n_classes)
    loss = build_loss("cross_entropy", task="classification")(raw, y).mean(1)
    for m in range(2):
        p = positive_probability(raw[m])
        expected = metrics.log_loss(y[m], p, labels=range(n_classes))
        assert loss[m].item() == pytest.approx(expected)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_label_smoothing_is_torchs(n_classes):
    raw, y = classification(n_classes)
    ours = build_loss("cross_entropy", {"label_smoothing": 0.2}, task="classification")
    logits = raw
    if n_classes == 2:  # a logit of class 1 is two logits, that of class 0 being 0
        logits = torch.cat([torch.zeros_like(raw), raw], -1)
    theirs = F.cross_entropy(
        logits.reshape(-1, n_classes),
        y.reshape(-1),
        reduction="none",
        label_smoothing=0.2,
    )
    torch.testing.assert_close(ours(raw, y).reshape(-1), theirs)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_focal_loss(n_classes):
    raw, y = classification(n_classes)
    plain = build_loss("cross_entropy", task="classification")(raw, y)
    p_own = torch.exp(-plain)
    focal = build_loss("focal", {"gamma": 3.0}, task="classification")(raw, y)
    torch.testing.assert_close(focal, (1 - p_own) ** 3 * plain)
    zero = build_loss("focal", {"gamma": 0.0}, task="classification")(raw, y)
    torch.testing.assert_close(zero, plain)


def test_focal_loss_of_a_sure_answer_has_a_finite_gradient():
    loss = build_loss("focal", {"gamma": 0.5}, task="classification")
    raw = torch.tensor([[[60.0]]])
    _, grad = loss.value_and_gradient(raw, torch.ones(1, 1).long(), torch.ones(1, 1))
    assert torch.isfinite(grad).all()


@pytest.mark.parametrize("n_classes", [2, 4])
def test_hinge_is_scikit_learns(n_classes):
    raw, y = classification(n_classes)
    loss = build_loss("hinge", task="classification")(raw, y).mean(1)
    for m in range(2):
        score = raw[m].squeeze(-1).numpy()
        expected = metrics.hinge_loss(y[m], score, labels=range(n_classes))
        assert loss[m].item() == pytest.approx(expected)


REGRESSION = {
    "squared_error": (
        {},
        lambda y, p: metrics.mean_squared_error(y, p) / 2,
    ),
    "absolute_error": ({}, metrics.mean_absolute_error),
    "huber": (
        {"delta": 0.7},
        lambda y, p: F.huber_loss(
            torch.as_tensor(p), torch.as_tensor(y), delta=0.7
        ).item(),
    ),
    "log_cosh": ({}, lambda y, p: np.log(np.cosh(y - p)).mean()),
    "quantile": (
        {"quantile": 0.8},
        lambda y, p: metrics.mean_pinball_loss(y, p, alpha=0.8),
    ),
}


@pytest.mark.parametrize("name", sorted(REGRESSION))
def test_regression_losses(name):
    params, oracle = REGRESSION[name]
    raw, y = regression()
    loss = build_loss(name, params, task="regression")(raw, y).mean(1)
    for m in range(2):
        expected = oracle(y[m].numpy(), raw[m].numpy())
        assert loss[m].item() == pytest.approx(expected)


def test_poisson_is_half_the_deviance_up_to_a_constant():
    raw, _ = regression(outputs=1)
    y = torch.from_numpy(RNG.poisson(3.0, raw.shape).astype(float)) + 1
    loss = build_loss("poisson")(raw, y).mean(1)
    best = build_loss("poisson")(torch.log(y), y).mean(1)
    for m in range(2):
        deviance = metrics.mean_poisson_deviance(
            y[m, :, 0].numpy(), raw[m, :, 0].exp().numpy()
        )
        assert 2 * (loss - best)[m].item() == pytest.approx(deviance)


def test_log_cosh_of_a_huge_error_does_not_overflow():
    raw, y = torch.full((1, 1, 1), 1e6), torch.zeros(1, 1, 1)
    loss = build_loss("log_cosh")(raw, y)
    assert loss.item() == pytest.approx(1e6 - np.log(2))


CASES = [("classification", name) for name in LOSSES["classification"]]
CASES += [("regression", name) for name in LOSSES["regression"]]


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize(("task", "name"), CASES)
def test_value_and_gradient_against_autograd(task, name, outputs):
    if task == "classification":
        raw, y = classification(2 if outputs == 1 else outputs)
        params = {"label_smoothing": 0.1} if name == "cross_entropy" else {}
    else:
        raw, y = regression(outputs)
        params = {}
    loss = build_loss(name, params, task=task)
    weight = torch.from_numpy(RNG.uniform(size=raw.shape[:2]))
    leaf = raw.clone().requires_grad_()
    expected = (loss(leaf, y) * weight).sum(1)
    expected.sum().backward()
    value, grad = loss.value_and_gradient(raw.clone(), y, weight)
    torch.testing.assert_close(value, expected.detach())
    torch.testing.assert_close(grad, leaf.grad)


def test_a_loss_leaves_the_raw_output_as_it_was():
    for n_classes in (2, 3):
        raw, y = classification(n_classes)
        before = raw.clone()
        loss = build_loss("cross_entropy", task="classification")
        loss.value_and_gradient(raw, y, torch.ones(raw.shape[:2]).double())
        assert torch.equal(raw, before)


@pytest.mark.parametrize(
    "loss", [nn.CrossEntropyLoss, nn.CrossEntropyLoss(), nn.MultiMarginLoss]
)
def test_torch_losses_that_take_codes(loss):
    raw, y = classification(4)
    theirs = loss() if isinstance(loss, type) else loss
    ours = build_loss(loss, task="classification")(raw, y)
    for m in range(2):
        assert ours[m].mean().item() == pytest.approx(theirs(raw[m], y[m]).item())
    assert theirs.reduction == "mean"  # the user's own is left alone


@pytest.mark.parametrize("n_classes", [2, 4])
def test_torch_loss_that_takes_floats(n_classes):
    raw, y = classification(n_classes)
    ours = build_loss(nn.BCEWithLogitsLoss, task="classification")(raw, y)
    goal = y.unsqueeze(-1).double() if n_classes == 2 else F.one_hot(y, 4).double()
    expected = F.binary_cross_entropy_with_logits(raw, goal, reduction="none").mean(-1)
    torch.testing.assert_close(ours, expected)


def test_a_function_as_loss_and_its_parameters():
    raw, y = regression()

    def cubic(prediction, target, factor=1.0):
        return factor * (prediction - target).abs() ** 3

    ours = build_loss(cubic, {"factor": 2.0})(raw, y)
    torch.testing.assert_close(ours, 2 * ((raw - y).abs() ** 3).mean(-1))


def test_a_loss_that_averages_over_rows_is_refused():
    raw, y = regression()
    with pytest.raises(ValueError, match="one value a row"):
        build_loss(lambda p, t: (p - t).square().mean())(raw, y)
