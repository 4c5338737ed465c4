"""Moving data, worked example: what students really write. An answer may take the notebook's variables by name."""

from graders.checks import mistake


@mistake(
    "m00_faster_link",
    misconception="bandwidth is speed",
    loses=["small"],
    hint="A thousand bytes hardly notice the bandwidth. What do they wait for?",
)
def widest(links):
    name = max(links, key=lambda link: links[link][1])
    return {"small": name, "large": name}


@mistake(
    "m00_faster_link",
    misconception="latency is speed",
    loses=["large"],
    hint="A hundred megabytes hardly notice the latency.",
)
def nearest(links):
    name = min(links, key=lambda link: links[link][0])
    return {"small": name, "large": name}


@mistake("m00_faster_link", misconception="slower for faster", loses=["small", "large"], hint="The one with less time.")
def slowest(links, small_bytes, large_bytes):
    sizes = {"small": small_bytes, "large": large_bytes}
    return {
        name: max(links, key=lambda link, size=size: links[link][0] + size / links[link][1])
        for name, size in sizes.items()
    }
