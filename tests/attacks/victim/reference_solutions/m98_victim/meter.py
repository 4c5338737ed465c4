"""Reference of the class exercise."""


class Meter:
    def __init__(self, window):
        self.window = window
        self.readings = []

    def add(self, name, value):
        self.readings.append((name, value))

    @property
    def mean(self):
        last = [value for _, value in self.readings[-self.window :]]
        return sum(last) / len(last)

    def peak(self):
        return max(self.readings, key=lambda reading: reading[1])[0]
