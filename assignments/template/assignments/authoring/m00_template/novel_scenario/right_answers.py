"""Moving data, novel scenario: a right answer by another way; it takes the student's scenario."""

from graders.checks import answer


@answer("m00_link_choice", by="totals, then the least")
def by_totals(scenario):
    sizes = scenario["sizes_bytes"]
    total_s, name = min((len(sizes) * latency + sum(sizes) / rate, name) for name, latency, rate in scenario["links"])
    return {"total_s": total_s, "link": name}
