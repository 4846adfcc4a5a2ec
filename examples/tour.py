# %% [markdown]
# A tour of Mintage in Python: make a small dataset, look at it, train on it. Run it as a script, or cell by cell.

# %%
import tempfile
from pathlib import Path

import mintage

folder = Path(tempfile.mkdtemp()) / "fruit"

# %% Class names in …
run = mintage.new(folder, classes={"watch": 6, "sunflower": 6})
print(run.plan())

# %% … images out. Each sample comes when it is judged; breaking off is safe, the next call continues.
for sample in run.make(limit=8):
    print("kept    " if sample.kept else "rejected", sample.label, "|", sample.prompt, "|", sample.verdict)

# %% Make the rest. What was made is not made again.
print(run.make().finish())

# %% Look at it. In a notebook this is a grid of pictures.
print(run.show(8))

# %% The best and the worst, with their scores
for sample in run.samples(best=True, limit=3):
    print(sample.scores["mini.p"], sample.path)

# %% A sequence of (image, class index), as data loaders want it
train = run.dataset("train", val=0.25)
print(train, train.classes)
if len(train):
    image, label = train[0]
    print(image.size, train.classes[label])

# %% A report for people, an export for trainers
print(run.report())
print(run.export("imagefolder", val=0.25))


# %% Your own scorer: a function is enough
@mintage.scorer("sharp", floors={"edges": 1.0})
def sharp(item: "mintage.core.ports.Item") -> dict[str, float]:
    """Mean absolute difference of neighbouring pixels, 0 to 255."""
    import numpy as np

    grey = np.asarray(item.open().convert("L"), dtype=np.float32)
    return {"edges": float(np.abs(np.diff(grey, axis=1)).mean())}


text = (folder / "dataset.yaml").read_text(encoding="utf-8")
(folder / "dataset.yaml").write_text(
    text.replace("score: [mini, technical]", "score: [mini, technical, sharp]"), encoding="utf-8"
)
print(run.plan())  # says what is ranked again; nothing is made again for it
print(run.make().finish())
