"""Reads a page of metrics from standard input with Prometheus' own parser, and prints it as JSON: for each family the
type and the samples. Fails if the page is not valid, or if a histogram is not a histogram.
"""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families


def check_histogram(family):
    """Buckets are cumulative, end with +Inf, and agree with the count."""
    by_labels = {}
    for sample in family.samples:
        labels = {key: value for key, value in sample.labels.items() if key != "le"}
        series = by_labels.setdefault(json.dumps(labels, sort_keys=True), {"buckets": [], "sums": [], "counts": []})
        if sample.name.endswith("_bucket"):
            series["buckets"].append((float(sample.labels["le"]), sample.value))
        elif sample.name.endswith("_sum"):
            series["sums"].append(sample.value)
        elif sample.name.endswith("_count"):
            series["counts"].append(sample.value)
        else:
            sys.exit(f"{sample.name} is no sample of a histogram")
    for labels, series in by_labels.items():
        bounds = [bound for bound, _ in series["buckets"]]
        counts = [count for _, count in series["buckets"]]
        if bounds != sorted(set(bounds)) or bounds[-1:] != [float("inf")]:
            sys.exit(f"{family.name}{labels}: the bounds are {bounds}")
        if counts != sorted(counts) or series["counts"] != counts[-1:] or len(series["sums"]) != 1:
            sys.exit(f"{family.name}{labels}: {series}")


def main():
    families = {}
    for family in text_string_to_metric_families(sys.stdin.buffer.read().decode("utf-8")):
        if family.name in families:
            sys.exit(f"{family.name} is there twice")
        if family.type == "histogram":
            check_histogram(family)
        families[family.name] = {
            "type": family.type,
            "help": family.documentation,
            "samples": [
                {"name": sample.name, "labels": sample.labels, "value": str(sample.value)} for sample in family.samples
            ],
        }
    json.dump(families, sys.stdout)


if __name__ == "__main__":
    main()
