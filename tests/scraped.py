"""A scrape of the metrics, to be asked by name and the values of labels in any order."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


class Scraped:
    """Samples of a text in Prometheus' format."""

    def __init__(self, text: str) -> None:
        self._samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def value(self, name: str, *labels: str) -> float | None:
        """Return the sample with these labels, None when there is none."""
        for sample in self._samples:
            if sample.name == name and sorted(sample.labels.values()) == sorted(labels):
                return float(sample.value)
        return None

    def names(self) -> set[str]:
        """Return the names of all samples."""
        return {sample.name for sample in self._samples}
