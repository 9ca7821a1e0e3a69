"""The estimators' shared parameter documentation, written once."""

from __future__ import annotations

_PARAMETERS = """
    Parameters
    ----------
    n_neurons : int, tuple of int, "two_thirds" or "auto", default="auto"
        Units a hidden layer. A tuple has one entry a layer. ``"two_thirds"`` is
        ``int((inputs + outputs) * 2 / 3)``; ``"auto"`` is 128.
    n_layers : int, default=2
        Hidden layers; 0 is a linear model. Ignored where `n_neurons` is a tuple.
    activation : str, torch.nn.Module class or callable, default="relu"
        One of relu, leaky_relu, tanh, sigmoid, elu, selu, gelu, silu, mish, identity.
    dropout, input_dropout : float in [0, 1), default=0.2 and 0.0
        Share of hidden units, and of inputs, dropped at each training step [1]_.
    normalization : {{"batch", "layer"}} or None, default=None
        Between a layer and its activation.
    residual : bool, default=False
        Add a hidden layer's input to its output where the widths agree [2]_.
    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Names, positions or a mask of the columns that hold categories;
        ``"from_dtype"``: those of a data frame whose type is category, string, object
        or bool. Up to 32 levels are one-hot, more are embedded; levels of fewer than
        three rows count as unseen.
    input_scaling : str, tuple of str or None, default="auto"
        How a member scales its inputs by its own training rows: ``"standard"``;
        ``"robust"``, by median and inter-quartile range with a smooth clip [4]_;
        ``"quantile"``, the normal scores of the ranks, standardised. Members take the
        entries of a tuple in turn. ``"auto"`` is ``("standard", "quantile")`` for an
        ensemble, ``"standard"`` for a single network or a sparse table. A missing
        number becomes the centre, with an indicator beside it; with None, 0.
    n_members : int or "auto", default="auto"
        Networks in the cross-fitted ensemble: member m trains without fold m and stops
        on it; probabilities (or targets) are averaged. 1 is a single network with a
        hold-out. ``"auto"`` is 16 up to 1,000 rows and 100 columns, 8 up to 5,000
        rows, 4 up to 20,000, then 1. Past eight, the folds are drawn anew.
    loss : str, torch loss class, instance or callable, default="auto"
        {losses}
    loss_params : dict, default=None
        Options of the loss: ``gamma`` of focal, ``delta`` of huber, ``quantile``.
{classifier}    optimizer : str or torch.optim class, default="adamw"
        One of adamw, adam, sgd, rmsprop, nadam.
    optimizer_params : dict, default=None
        Its options, such as ``{{"momentum": 0.9}}``.
    lr : float, default=0.001
        Learning rate.
    weight_decay : float, default=0.01
        Decoupled for adamw [3]_, an L2 penalty for the others; never on biases.
    l1 : float, default=0.0
        Weight of the sum of absolute weights in the training objective.
    lr_schedule : str, default="cosine"
        One of constant, cosine, one_cycle, step (a tenth after each third) and
        reduce_on_plateau (half after each half of `patience` without improvement).
    gradient_clip : float, default=None
        Greatest norm of a network's gradient.
    max_epochs : int, default=250
    batch_size : int or "auto", default="auto"
        ``"auto"`` is about a fiftieth of the rows, a power of two from 32 to 512. A
        size beyond the number of rows is one batch.
    early_stopping : bool or "auto", default="auto"
        Stop a member after `patience` epochs without improvement, and keep its best
        epoch. Without it every member trains all epochs and keeps the last; a single
        one then trains on all rows. ``"auto"`` is True.
    validation : float in (0, 1) or splitter, default=0.2
        Share of rows that a single network holds out, or a splitter whose splits the
        members take in turn.
    monitor : str, default="auto"
        The curve that decides on the best epoch: "valid_loss", {metrics}. ``"auto"`` is
        {metric}. Equal values are decided by the loss.
    patience : int, default=20
        Epochs.
    min_delta : float, default=0.0
        What counts as an improvement.
    module : type, default=None
        A ``torch.nn.Module`` class of your own. It is built with ``d_in``, ``d_out``
        and `module_params`, receives ``(batch, d_in)`` and returns ``(batch, d_out)``.
        The parameters of the network above are then ignored.
    module_params : dict, default=None
        Settable one by one as ``module__<name>``.
    callbacks : list of skorch callbacks, default=None
        Cloned before use. Those that score through the net, or touch gradients,
        optimiser or module, make the members train one after the other.
    checkpoint_dir : str or Path, default=None
        Folder in which training is kept as it goes, about once a second, in a subfolder
        a fit. A killed ``fit`` that is called again with the same data and parameters
        goes on from there and ends with the same bits; a finished one answers at once.
        A folder with an unfinished fit of other data or parameters is refused. Needs a
        `random_state`; ``partial_fit`` keeps nothing. The folder holds predictions for
        the training rows: guard it as you guard the table.
    device : str, default="auto"
        ``"auto"`` is CUDA where there is any, else MPS, else the CPU.
    precision : {{"auto", "float32", "float64", "bfloat16"}}, default="auto"
        Of the network. ``"bfloat16"`` keeps weights and moments in float32 and has
        matrix products in bfloat16 while it trains. ``"auto"`` is that for steps of
        more than 2 GFLOP on a processor (or GPU) with bfloat16 units, else float32.
    warm_start : bool, default=False
        Start from the weights of the last fit.
    random_state : int, RandomState or None, default=None
        Fixes splits, initial weights, order of rows and dropout.
    verbose : int, default=0
        1: a progress bar (needs `rich`); 2: a line an epoch.

    Attributes
    ----------
    {attributes}
    history_ : DataFrame
        A row a member and epoch: member, epoch, train_loss, valid_loss, {metric}, lr,
        seconds.{units}
    best_epoch_ : ndarray of shape (n_members,)
        The epoch (from 1) whose weights each member keeps.
    oof_prediction_, oof_score_ : ndarray, float
        With several members: predictions for each training row by the members that
        did not see it, and their {score}. The epoch of each fold is chosen without
        that fold. Rows of weight 0 are NaN.
    categories_ : Categories
        The levels of the categorical columns.
    n_members_, n_iter_ : int
        Members, and the most epochs that one trained.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where the table had names.
    net_ : skorch.NeuralNet
        Rebuilt from the fitted state at each access.
    interrupted_ : bool
        Whether Ctrl-C ended the fit; it is raised again after the state is kept.

    Raises
    ------
    ValueError
        From ``fit``: wrong parameters or data; a loss that was infinite or NaN before
        the end of a first epoch.

    References
    ----------
    .. [1] Srivastava et al. (2014), "Dropout", JMLR 15.
    .. [2] He et al. (2016), "Deep residual learning for image recognition", CVPR.
    .. [3] Loshchilov and Hutter (2019), "Decoupled weight decay regularization", ICLR.
    .. [4] Holzmüller, Grinsztajn and Steinwart (2024), "Better by default", NeurIPS.

    Examples
    --------
    {example}
"""

_CLASSIFIER = """    label_smoothing : float in [0, 1), default=0.0
        Share of each label that is spread over the classes.
    class_weight : "balanced", dict or None, default=None
        Factor of each class's weights, by label; "balanced" makes the classes' sums
        equal.
"""

_CLASSIFICATION = {
    "losses": '"cross_entropy" (with logits), "hinge" (no probabilities), "focal", or '
    'one of\n        torch\'s. ``"auto"`` is "cross_entropy".',
    "metrics": '"roc_auc",\n        "accuracy"',
    "metric": "roc_auc",
    "classifier": _CLASSIFIER,
    "score": "mean ROC AUC over\n        the folds",
    "units": "",
    "attributes": "classes_ : ndarray of shape (n_classes,)\n        Sorted; the last "
    "is the positive one of two.",
}

_EXAMPLES = {
    "classification": """>>> from sklearn.datasets import load_iris
    >>> from sknn_bio import NeuralNetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = NeuralNetClassifier(random_state=0).fit(X, y)
    >>> clf.predict_proba(X[:2]).shape
    (2, 3)""",
    "binary classification": """>>> from sklearn.datasets import load_breast_cancer
    >>> from sknn_bio import NeuralNetBinaryClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = NeuralNetBinaryClassifier(max_epochs=50, random_state=0).fit(X, y)
    >>> clf.oof_score_ > 0.98
    True""",
    "regression": """>>> from sklearn.datasets import load_diabetes
    >>> from sknn_bio import NeuralNetRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> reg = NeuralNetRegressor(max_epochs=50, random_state=0).fit(X, y)
    >>> reg.predict(X[:2]).shape
    (2,)""",
}

_TEXTS = {
    "classification": _CLASSIFICATION,
    "binary classification": _CLASSIFICATION,
    "regression": {
        "losses": '"squared_error", "absolute_error", "huber", "log_cosh", "quantile", '
        '"poisson",\n        or one of torch\'s. ``"auto"`` is "squared_error".',
        "metrics": '"r2",\n        "mean_absolute_error"',
        "metric": "r2",
        "classifier": "",
        "score": "R² over all rows",
        "units": "\n        Losses are of the standardised target (but for Poisson's); "
        "metrics are in\n        the target's unit.",
        "attributes": "n_outputs_ : int\n        Number of targets.",
    },
}


def document(task: str):
    """Complete an estimator's docstring with what all three share."""

    def decorate(cls):
        text = _PARAMETERS.format(**_TEXTS[task], example=_EXAMPLES[task])
        cls.__doc__ = (cls.__doc__ or "") + "\n" + text
        return cls

    return decorate
