"""The figures of all rounds: medians, spreads, and ratios of what was measured in the same round."""

import statistics


class Results:
    def __init__(self, samples):
        self.samples = samples

    def values(self, suite, load, subject, key):
        """By round."""
        return {
            sample["round"]: sample[key]
            for sample in self.samples
            if (sample["suite"], sample["load"], sample["subject"]) == (suite, load, subject) and key in sample
        }

    def median(self, suite, load, subject, key):
        values = self.values(suite, load, subject, key).values()
        return statistics.median(values) if values else None

    def ratios(self, suite, load, key, subject, other):
        """The ratio of two subjects in each round that has both."""
        ours, theirs = self.values(suite, load, subject, key), self.values(suite, load, other, key)
        return [ours[number] / theirs[number] for number in ours if theirs.get(number)]

    def best(self, suite, load, key, subjects):
        """The subject with the greatest median, if any was measured."""
        medians = {subject: self.median(suite, load, subject, key) for subject in subjects}
        measured = {subject: value for subject, value in medians.items() if value}
        return max(measured, key=measured.get) if measured else None

    def summary(self):
        """Median, least and greatest of each figure, in nested dictionaries."""
        table = {}
        for sample in self.samples:
            row = table.setdefault(sample["suite"], {}).setdefault(sample["load"], {}).setdefault(sample["subject"], {})
            for key, value in sample.items():
                if isinstance(value, (int, float)) and key != "round":
                    row.setdefault(key, []).append(value)
        for loads in table.values():
            for subjects in loads.values():
                for row in subjects.values():
                    for key, values in row.items():
                        low, middle, high = min(values), statistics.median(values), max(values)
                        row[key] = [float(f"{value:.6g}") for value in (middle, low, high)]
        return table
