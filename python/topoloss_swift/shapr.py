"""SHAPR: the 3-D shape of a cell from one image, by a network trained with the topological loss.

    >>> from topoloss_swift.shapr import Shapr
    >>> model = Shapr(epochs=30).fit(images, masks, objects, on_epoch=print)
    >>> volumes = model.predict(images, masks)      # probabilities, (n, 64, h, w)

Settings, numbers and files are those of the program ``shapr``: the same settings and cells give the
same bits. (Waibel, Atwell, Meier, Marr, Rieck: *Capturing Shape Information with Multi-Scale
Topological Loss Terms for 3D Reconstruction*, MICCAI 2022.)

NumPy is needed here; folders of TIFF files need tifffile, too: ``pip install topoloss-swift[shapr]``.
"""

from ._shapr_data import Cells, read_folder
from ._shapr_model import Shapr
from ._shapr_runs import cross_validate, train
from ._shapr_scores import compare

__all__ = ["Cells", "Shapr", "compare", "cross_validate", "read_folder", "train"]
