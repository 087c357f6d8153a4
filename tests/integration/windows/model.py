"""What windows send, and when: a reference written from the semantics in docs/windows.md alone, a row at a time.

A window's group holds rows. It is sent early (every N rows, or with a row that says so), on time (as the watermark passes its
last moment), and late (with each row that still comes within the allowed lateness). `accumulate` sends all rows so far,
`discard` those since it was last sent. Rows that no window takes any more are late rows.
"""

FOREVER = 1 << 62


class Group:
    def __init__(self, start, end):
        self.start, self.end, self.rows, self.since, self.closed = start, end, [], 0, False


class Model:
    """Rows are (t, k, v); `when` is a function of a row. Results: (k, start, end, count, sum, pane); late: rows."""

    def __init__(self, kind, size=0, every=0, lateness=0, early_rows=0, when=None, discard=False):
        self.kind, self.size, self.every, self.lateness = kind, size, every or size, lateness
        self.early_rows, self.when, self.discard = early_rows, when, discard
        self.watermark, self.groups, self.results, self.late = -FOREVER, {}, [], []

    def send(self, key, group, pane):
        values = [row[2] for row in group.rows if row[2] is not None]
        self.results.append((key, group.start, group.end, len(group.rows), sum(values) if values else None, pane))
        group.since = 0
        group.closed = group.closed or pane != "early"
        if self.discard:
            group.rows = []

    def is_gone(self, end):
        return end - 1 + self.lateness <= self.watermark

    def windows(self, t):
        if self.kind == "cumulative":
            start = t // self.size * self.size
            return [(start, end) for end in range(start + self.every, start + self.size + 1, self.every) if end > t]
        last = t // self.every * self.every
        return [(start, start + self.size) for start in range(last, t - self.size, -self.every)]

    def group_of_session(self, key, t):
        """The session that the row joins: all that overlap [t, t + size) become one. None: it comes too late."""
        of_key = self.groups.setdefault(key, [])
        hit = sorted((g for g in of_key if g.start < t + self.size and t < g.end), key=lambda g: g.start)
        if not hit:
            if self.is_gone(t + self.size):
                return None
            hit = [Group(t, t + self.size)]
            of_key.append(hit[0])
        one = hit[0]
        for other in hit[1:]:
            one.rows += other.rows
            one.since += other.since
            of_key.remove(other)
        one.start, one.end = min(one.start, t), max([t + self.size] + [g.end for g in hit])
        one.closed = one.end - 1 <= self.watermark
        return one

    def take_into(self, key, group, row):
        group.rows.append(row)
        group.since += 1
        if group.end - 1 <= self.watermark:
            self.send(key, group, "late")
        elif (self.early_rows and group.since >= self.early_rows) or (self.when and self.when(row)):
            self.send(key, group, "early")

    def row(self, row):
        t, key, _ = row
        if self.kind == "session":
            group = self.group_of_session(key, t)
            return self.take_into(key, group, row) if group else self.late.append(row)
        if self.kind == "rows":
            group = self.groups.setdefault(key, Group(0, FOREVER))
            group.rows.append(row)
            group.since += 1
            if len(group.rows) % self.every == 0:
                self.send(key, self.last_rows(group), "on time")
                group.since = 0
            return None
        if self.kind == "global":
            return self.take_into(key, self.groups.setdefault(key, Group(0, FOREVER)), row)
        taken = [w for w in self.windows(t) if not self.is_gone(w[1])]
        if not taken:
            self.late.append(row)
        for window in taken:
            self.take_into(key, self.groups.setdefault((key, window), Group(*window)), row)

    def last_rows(self, group):
        part = Group(0, FOREVER)
        part.rows = group.rows[-self.size:]
        return part

    def advance(self, watermark):
        self.watermark = max(self.watermark, watermark)
        for name, found in list(self.groups.items()):
            for group in found if isinstance(found, list) else [found]:
                key = name[0] if isinstance(name, tuple) else name
                if group.end - 1 <= self.watermark and not group.closed:
                    if group.rows:
                        self.send(key, group, "on time")
                    group.closed = True
        if self.kind == "session":
            for key, found in self.groups.items():
                self.groups[key] = [g for g in found if not self.is_gone(g.end)]

    def end(self):
        if self.kind in ("rows", "global"):
            for key, group in self.groups.items():
                if group.since:
                    rest = group
                    if self.kind == "rows":  # what the window of the last rows would hold by now
                        rest = Group(0, FOREVER)
                        kept = (self.size - self.every) + len(group.rows) % self.every
                        rest.rows = group.rows[-kept:] if kept else []
                    self.send(key, rest, "on time")
            return
        self.advance(FOREVER)
