"""What all pictures of the documentation share: colours, sizes, and how they are saved."""

import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HERE = pathlib.Path(__file__).parent
BLUE, ORANGE, GREEN, GREY, INK = "#3b82f6", "#f59e0b", "#10b981", "#9ca3af", "#1f2937"
plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
                     "text.color": INK, "axes.titlesize": 10})


def canvas(columns, size):
    return plt.subplots(1, columns, figsize=size, layout="constrained")


def save(figure, name):
    figure.savefig(HERE / f"{name}.png", dpi=100)
    plt.close(figure)


def arrow(axes, start, end, **style):
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "lw": 1.3, "color": INK, **style})
