"""How a systematic of TRExFitter is treated: group, symmetrisation, smoothing."""

from collections.abc import Mapping
from typing import Any

from n2mu.interop.trex_names import SYMMETRISATIONS, identifier, latex
from n2mu.interop.trex_report import Reader

_SYMMETRISATIONS = {theirs: ours for ours, theirs in SYMMETRISATIONS.items()}


def with_treatment(reader: Reader, job: Reader, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry with group, title, symmetrisation and smoothing."""
    category, subcategory = reader.text("Category"), reader.text("SubCategory")
    if category is not None and subcategory is not None:
        text = f"'{subcategory}' is the group"
        reader.report.add("presentation", reader.block, "Category", text)
    group = identifier(subcategory or category or "uncategorised")
    result: dict[str, Any] = dict(entry) | {"group": group}
    title = reader.text("TexTitle") or latex(reader.text("Title") or "")
    reader.text("Title")
    if title:
        result["title"] = title
    symmetrisation = reader.choice("Symmetrisation")
    smoothing = reader.text("Smoothing")
    if entry["kind"] in ("norm", "bins"):
        return result
    two_sided = "down" in entry or entry["kind"] == "set"
    if symmetrisation is not None and symmetrisation not in _SYMMETRISATIONS:
        reader.lose("Symmetrisation", f"'{symmetrisation}' is not known")
    elif symmetrisation == "ONESIDED" and "down" in entry:
        reader.note("Symmetrisation", "the down side is left out, the up side is mirrored")
        del result["down"]
    elif symmetrisation in ("TWOSIDED", "ABSMEAN", "MAXIMUM") and not two_sided:
        reader.lose("Symmetrisation", "there is one side only; it is mirrored")
    elif symmetrisation is not None and two_sided and symmetrisation != "ONESIDED":
        result["symmetrisation"] = _SYMMETRISATIONS[symmetrisation]
    elif symmetrisation is None and not two_sided:
        reader.lose("", "one side without Symmetrisation; n2mu mirrors it")
    if smoothing is not None and smoothing not in ("0", "NONE"):
        method = (reader.choice("SmoothingOption") or job.choice("SmoothingOption")) or (
            "MAXVARIATION"
        )
        if method == "MAXVARIATION":
            result["smoothing"] = "max_variation"
        else:
            reader.lose("Smoothing", f"'{method}' is not known; it is not smoothed")
    else:
        reader.choice("SmoothingOption")
    return result
