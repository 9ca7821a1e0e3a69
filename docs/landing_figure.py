"""Draw what the first page shows: everybody's score on a table, with intervals."""

import matplotlib.pyplot as plt

from sknn_bio import NeuralNetRegressor
from sknn_bio.datasets import load_diabetes_table
from sknn_bio.model_selection import baselines, compare

table = load_diabetes_table()
models = baselines(table.data, table.target)
models["network"] = NeuralNetRegressor(random_state=0)
comparison = compare(models, table.data, table.target)
print(comparison.verdict())
comparison.plot_scores()
# The figure's size on the page.
plt.gcf().set_size_inches(6.6, 2.9)
