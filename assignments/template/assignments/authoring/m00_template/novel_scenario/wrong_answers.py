"""Moving data, novel scenario: what students really write; a decision may be right by chance, hence `mostly`."""

from graders.checks import mistake


@mistake(
    "m00_link_choice",
    misconception="bandwidth is speed",
    loses=["link", "time"],
    mostly=0.4,
    hint="Look at your sizes: do they notice the bandwidth at all?",
)
def widest(scenario):
    return sent_over(max(scenario["links"], key=lambda link: link[2]), scenario)


@mistake(
    "m00_link_choice",
    misconception="latency is speed",
    loses=["link", "time"],
    mostly=0.4,
    hint="Look at your sizes: do they notice the latency at all?",
)
def nearest(scenario):
    return sent_over(min(scenario["links"], key=lambda link: link[1]), scenario)


@mistake(
    "m00_link_choice",
    misconception="one latency for all messages",
    loses=["time"],
    hint="Every message waits for the latency, not only the first one.",
)
def one_latency(scenario):
    total = sum(scenario["sizes_bytes"])
    times = {name: latency_s + total / rate for name, latency_s, rate in scenario["links"]}
    best = min((sent_over(link, scenario) for link in scenario["links"]), key=lambda found: found["total_s"])["link"]
    return {"link": best, "total_s": times[best]}


def sent_over(link, scenario):
    name, latency_s, rate = link
    return {"link": name, "total_s": sum(latency_s + size / rate for size in scenario["sizes_bytes"])}
