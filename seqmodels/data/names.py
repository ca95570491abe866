"""Names that columns and folders commonly have: of labels, and of the parts of a data set."""

MAIN_LABELS = ("label", "labels", "target", "class", "y")  # decide where several columns could be
LABELS = (
    "label", "labels", "class", "target", "category", "classname", "class_label", "emotion",
    "word", "command",
)  # fmt: skip
SPLITS = ("split", "part", "set", "subset")  # columns that name the part of a row
PARTS = {
    "train": "train", "training": "train", "test": "test", "testing": "test", "eval": "test",
    "valid": "valid", "validation": "valid", "val": "valid", "dev": "valid",
}  # fmt: skip
