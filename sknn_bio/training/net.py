"""The skorch net that trains a population."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping

from sknn_bio.data import Batch, MemberLoader, MemberRows
from sknn_bio.nn import MLP, PlainPass
from sknn_bio.training.any_optimizer import build_optimizer
from sknn_bio.training.checkpoint import Checkpoint
from sknn_bio.training.dataset import RowsDataset, ScaledRows
from sknn_bio.training.gradients import add_l1, clip_members
from sknn_bio.training.interrupts import interrupts_wait
from sknn_bio.training.network import keep_members
from sknn_bio.training.resume import resume_callbacks, snapshot
from sknn_bio.training.run import PopulationRun
from sknn_bio.training.schedules import SCHEDULES
from sknn_bio.training.scores import outputs, scores

_LEAVING_SHARE = 0.2


class StopTraining(Exception):
    """Every member has stopped, or a callback asked for an end."""


class PopulationNet(NeuralNet):
    """A plain ``skorch.NeuralNet`` whose module has a leading member axis.

    skorch owns module, criterion, optimiser, callbacks, history and device; this class
    fills in its hooks. Losses stay on the device through an epoch, batches are whole
    slices, and the history has no entry a batch.

    Parameters
    ----------
    module : nn.Module
        Built by :func:`sknn_bio.training.network.build_network`.
    criterion : sknn_bio.nn.losses.Loss
    run : PopulationRun
        Members, tables and settings.
    checkpoint : Checkpoint or None
        Where the state is kept between two epochs.
    **kwargs
        As in ``skorch.NeuralNet``.
    """

    def __init__(
        self,
        module,
        criterion,
        run: PopulationRun,
        checkpoint: Checkpoint | None = None,
        **kwargs: Any,
    ):
        super().__init__(module, criterion, **kwargs)
        self.run, self.checkpoint = run, checkpoint
        self.resumes_with: dict[str, Any] = {}
        self.classes_ = run.classes

    # skorch's hooks -----------------------------------------------------------------

    def get_default_callbacks(self):
        return []

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        return self.run.tag(tags)

    def initialize_optimizer(self, triggered_directly=None):
        run = self.run
        self.optimizer_ = build_optimizer(
            run.settings.optimizer,
            run.settings.optimizer_params,
            self.get_all_learnable_params(),
            lr=run.plan.lr,
            weight_decay=run.plan.weight_decay,
            n_batches=run.train_loader.member_batches
            if run.train_loader is not None
            else np.ones(run.plan.n_members, np.int64),
            apart=run.settings.lr_schedule == "reduce_on_plateau",
        )
        return self

    def get_split_datasets(self, X, y=None, **fit_params):
        valid = None
        if self.run.valid_rows is not None:
            valid = RowsDataset(self.run, valid=True)
        return RowsDataset(self.run, valid=False), valid

    def get_iterator(self, dataset, training=False):
        return self.run.train_loader if training else self.run.valid_rows

    def notify(self, method_name, **cb_kwargs):
        getattr(self, method_name)(self, **cb_kwargs)
        own = getattr(Callback, method_name)
        for _, callback in self.callbacks_:
            if getattr(type(callback), method_name) is own:
                continue
            try:
                getattr(callback, method_name)(self, **cb_kwargs)
            except KeyboardInterrupt:
                if isinstance(callback, EarlyStopping):
                    raise StopTraining from None
                raise
        if method_name == "on_epoch_end":
            self._let_go()
            if self.checkpoint is not None and self.checkpoint.is_due:
                self.checkpoint.save(snapshot(self))

    def _heard(self, method_name: str) -> bool:
        own = getattr(Callback, method_name)
        return any(
            getattr(type(cb), method_name) is not own for _, cb in self.callbacks_
        )

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        left = self.max_epochs - len(self.history) if epochs is None else epochs
        try:
            return super().fit_loop(X, y, epochs=left, **fit_params)
        except StopTraining:
            return self
        except KeyboardInterrupt:
            self.run.interrupted = True
            return self

    def on_epoch_begin(self, net, **kwargs):
        super().on_epoch_begin(net, **kwargs)
        resume_callbacks(self)
        self._started = time.perf_counter()

    # An epoch -----------------------------------------------------------------------

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        if iterator is None:
            return
        if training:
            self._train_epoch(iterator)
        else:
            self._validate(iterator)

    def _train_epoch(self, loader: MemberLoader) -> None:
        self._set_training(True)
        run, epoch = self.run, loader.epoch
        module, compute_dtype = self.module_, run.compute_dtype
        plain = isinstance(module, MLP) and module.is_plain
        if isinstance(module, MLP):
            masks_dtype = compute_dtype if plain else None
            module.begin_epoch(run.epoch_seed(epoch), max(loader.widths), masks_dtype)
        self._plain = PlainPass(module, compute_dtype) if plain else None
        self._grad_heard = self._heard("on_grad_computed")
        schedule = SCHEDULES[run.settings.lr_schedule]
        listened = self._heard("on_batch_begin") or self._heard("on_batch_end")
        factor = run.plateau_factor()
        scheduled = run.settings.lr_schedule != "constant"
        longest = run.settings.max_epochs
        losses, shares = [], []
        self.history.new_batch()  # skorch's Checkpoint looks at the last one
        for number, batch in enumerate(loader):
            if scheduled:
                self.optimizer_.follow(schedule, epoch, number, longest, factor)
            if listened and number:
                self.history.new_batch()
            if listened:
                self._tell("on_batch_begin", batch.x, batch.y, True)
            step = self.train_step(batch, number=number)
            if listened:
                self.history.record_batch("train_batch_size", batch.y.shape[1])
                self._tell("on_batch_end", batch.x, batch.y, True, **step)
                self._set_training(True)  # a score may have switched it
            losses.append(step["loss"])
            shares.append(batch.share)
        parts = run.processes.sum(torch.stack(losses).double() * torch.stack(shares))
        run.processes.average_buffers(module)
        run.record = {"train_loss": parts.sum(0).cpu().numpy()}
        self.history.record("train_batch_count", loader.n_batches)

    def _tell(self, hook: str, x, y, training: bool, **step) -> None:
        """Tell callbacks of a batch; of one member's as scorers can take it."""
        batch: tuple[Any, Any] = (x, y)
        if len(self.run.plan.train_rows) == 1:
            batch = (ScaledRows(x), self.run.as_given(y[0]))
            if "y_pred" in step:
                step["y_pred"] = step["y_pred"][0]
        self.notify(hook, batch=batch, training=training, **step)

    def train_step(self, batch: Batch, number: int = 0, **fit_params):
        """Forward, backward, clip, step; return the losses (M,) and outputs."""
        module, criterion = self.module_, self.criterion_
        target = self.run.scale_target(batch.y)
        if self._plain is not None:
            raw, tape = self._plain.forward(batch.x)
            loss, grad = criterion.value_and_gradient(raw, target, batch.weight)
            self._plain.backward(tape, grad)
        else:
            self.optimizer_.zero_grad()
            with self.run.autocast():
                raw = module(batch.x, batch.valid)
            raw = raw.to(batch.weight.dtype)
            loss, grad = criterion.value_and_gradient(
                raw.detach(), target, batch.weight
            )
            raw.backward(grad)
            for p in module.parameters():
                if p.grad is None and p.requires_grad:  # no part of the answer
                    p.grad = torch.zeros_like(p)
        self.run.processes.sum_gradients(module)
        self._shape_gradients(batch)
        self.optimizer_.advance(number)
        return {"loss": loss, "y_pred": raw}

    def _shape_gradients(self, batch: Batch) -> None:
        settings = self.run.settings
        if settings.l1:
            add_l1(self.module_, settings.l1)
        if self._grad_heard:
            self.notify(
                "on_grad_computed",
                named_parameters=list(self.module_.named_parameters()),
                batch=(batch.x, batch.y),
                training=True,
            )
        if settings.gradient_clip is not None:
            clip_members(self.module_, settings.gradient_clip)

    def _validate(self, rows: MemberRows) -> None:
        """Score every member on its validation rows, from one forward pass."""
        self._set_training(False)
        run = self.run
        listened = self._heard("on_batch_begin") or self._heard("on_batch_end")
        if listened:
            self._tell("on_batch_begin", torch.cat(list(rows), 1), rows.y, False)
        with torch.no_grad():
            raw = outputs(run, self.module_, rows)
            run.record.update(scores(run, self.criterion_, raw, rows))
        run.raw = raw
        self.history.record("valid_batch_count", 1)
        if listened:
            self.history.record_batch("valid_batch_size", rows.y.shape[1])
            x, step = torch.cat(list(rows), 1), {"loss": run.record["valid_loss"]}
            self._tell("on_batch_end", x, rows.y, False, y_pred=raw, **step)

    @interrupts_wait()
    def on_epoch_end(self, net, **kwargs):
        run = self.run
        seconds = time.perf_counter() - self._started
        record = run.record
        record["lr"] = self.optimizer_.member_lr()
        record["seconds"] = np.full(len(run.tracker.alive), seconds)
        for name, value, best in run.means():
            self.history.record(name, value)
            self.history.record(name + "_best", best)
        self.history.record("lr", float(record["lr"].mean()))
        self.history.record("dur", seconds)
        state = {k: v.detach() for k, v in self.module_.state_dict().items()}
        run.tracker.update(len(self.history), record, state, run.raw)
        run.raw = None

    @interrupts_wait()
    def _let_go(self) -> None:
        """Let stopped members leave the population; raise StopTraining after the last.

        They leave once they are a fifth of it: laying the batches out anew has a cost.
        """
        tracker = self.run.tracker
        stopped = tracker.stopped[tracker.alive]
        if stopped.all():
            raise StopTraining
        can_leave = tracker.restore and hasattr(self.optimizer_, "keep")
        if stopped.mean() < _LEAVING_SHARE or not can_leave:
            return
        keep = np.flatnonzero(~stopped)
        tracker.alive = tracker.alive[keep]
        keep_members(self.module_, keep)
        self.run.keep(keep)
        self.optimizer_.keep(keep, self.run.train_loader.member_batches)

    # Prediction, for callbacks and for those who hold the net -------------------------

    def predict_proba(self, X):
        """Return class probabilities (n, classes), or the regression's answer."""
        self._set_training(False)
        return self.run.answer(self.module_, X)

    def predict(self, X):
        """Return labels, or the regression's answer."""
        answer = self.predict_proba(X)
        if self.classes_ is None:
            return answer
        return self.classes_[answer.argmax(1)]
