"""Questions that are ready for the defence of an edge design: each changes the candidate's own claims."""

from __future__ import annotations

from graders.capstone.what_if import Prepared

QUESTIONS = (
    Prepared(
        "hotter-summer",
        "D1",
        "The hottest day is an eighth hotter than {therm.ambient}. What does a user notice first: the hand, the "
        "frames or the battery?",
        "Junction and surface follow by about as many degrees, since leakage adds little; the surface is held "
        "against {req.skin_limit}, the junction against {req.junction_limit}. The design's own break-even is "
        "{sens.highest_ambient}.",
        {"therm.ambient": "x1.125"},
    ),
    Prepared(
        "busier-scene",
        "D1",
        "A scene with half as many crops again: {wl.crops_mean} is the mean today. Which limit breaks, and is it "
        "the mean or the tail that tells you?",
        "Utilisation, {sched.utilisation} today, rises by less than half, because a frame's own overhead stays. "
        "Mean and tail grow by more, until the queue is full and drops what no percentile sees: who only watches "
        "{tail.latency_p99:ms} is told too late.",
        {"wl.crops_mean": "x1.5"},
    ),
    Prepared(
        "faster-camera",
        "D3",
        "The next camera sends a quarter more frames than {wl.frame_rate}. Is the break-even of "
        "{sens.break_even_rate} where you said it was?",
        "The break-even is where the board is never idle; a queue is long before that. Energy of a frame falls a "
        "little, since rest is shared by more frames, and power rises.",
        {"wl.frame_rate": "x1.25"},
    ),
    Prepared(
        "full-clock",
        "D2",
        "Why not simply run at the full clock? You chose {perf.clock_share:%} of it.",
        "Each operation then costs the square of the voltage more: a crop takes {pwr.j_per_crop_full} instead of "
        "{pwr.j_per_crop}. What is won is latency, against {req.latency_p99:ms}, and only in what arithmetic "
        "bounds.",
        {"perf.clock_share": "1"},
    ),
    Prepared(
        "half-the-peak",
        "D3",
        "Kernels reach half of what you were told, {perf.compute_efficiency:%}. What breaks first, and how would "
        "you have noticed?",
        "The part of a crop that arithmetic bounds doubles; {perf.memory_share:%} of its time is bound by memory "
        "and stays. The benchmark's bias, {val.model_bias:%}, is where it shows before a device is built.",
        {"perf.compute_efficiency": "x0.5"},
    ),
    Prepared(
        "more-bandwidth",
        "D1",
        "Memory twice as fast as {hw.bandwidth:GB/s}: who feels it, the camera or the assistant?",
        "Writing a token reads all weights, so that {perf.tokens_per_s} grows most; launches of its step stay, so "
        "that it does not double. A crop is bound by {roof.encoder_bound} as a whole: at most {perf.memory_share:%} "
        "of it gets shorter.",
        {"hw.bandwidth": "x2"},
    ),
    Prepared(
        "longer-answers",
        "D1",
        "Answers become twice as long, from {wl.answer_tokens} tokens. What has to follow?",
        "An answer takes {perf.answer_time} today, and nearly all of it is written token by token. The watchdog's "
        "{fail.watchdog} must stay twice as long, and a longer watchdog makes each hang longer.",
        {"wl.answer_tokens": "x2"},
    ),
    Prepared(
        "shy-threshold",
        "D2",
        "The security office asks for half of the crops that leave the device, {fleet.fallback_share:%}. What can "
        "you offer?",
        "A lower threshold keeps more on the device and costs accuracy: {fleet.accuracy} against "
        "{req.accuracy_floor}. The table of the evaluation says how much; this console lowers the threshold by a "
        "fifth.",
        {"fleet.threshold": "x0.8"},
    ),
    Prepared(
        "weaker-battery",
        "D3",
        "In winter the battery has a quarter less than its {batt.usable:%}. Is a charge still enough?",
        "Life falls in proportion, from {batt.life:h} against {req.battery_life}; wear of the battery rises, since "
        "there are more charges in a year.",
        {"batt.usable": "x0.75"},
    ),
    Prepared(
        "thinner-links",
        "D2",
        "Devices hang on links half as fast as {net.link:kB/s}. Does the rollout change, and what does a larger "
        "first stage cost?",
        "Loading takes {net.update_time:h} of each stage; waiting and watching take the rest, so that the rollout "
        "grows by less. A larger first stage saves one stage and exposes more than {fleet.exposed} devices.",
        {"net.link": "x0.5"},
    ),
    Prepared(
        "more-hangs",
        "D2",
        "The software hangs twice as often as every {fail.software_mtbf}. Whose availability is that?",
        "A hang lasts {fail.restart}, most of it the watchdog's patience and the start; the other part of "
        "{fail.availability} is that of failed devices, which no software mends.",
        {"fail.software_mtbf": "x0.5"},
    ),
    Prepared(
        "dearer-cloud",
        "D1",
        "A crop in the cloud at three times {cost.usd_per_call}. Does it change the threshold, or the board?",
        "The cloud is {cost.cloud_per_year} of {cost.device_year}: who has multiplied that out knows. The board is "
        "the larger part.",
        {"cost.usd_per_call": "x3"},
    ),
)
