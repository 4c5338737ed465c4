"""Questions that are ready for the defence of a serving design: each changes the candidate's own claims."""

from __future__ import annotations

from graders.capstone.what_if import Prepared

QUESTIONS = (
    Prepared(
        "longer-answers",
        "D1",
        "A new version of the model writes answers twice as long; {wl.output_tokens_mean} is the mean today. What "
        "breaks first, and by how much do you miss it?",
        "A request takes part in about twice as many steps, so the whole answer takes about twice as long. Its "
        "work, {perf.request_work:ms}, grows by less, since the prompt is read once; goodput falls with it.",
        {"wl.output_tokens_mean": "x2"},
    ),
    Prepared(
        "longer-prompts",
        "D1",
        "Prompts become four times as long, from {wl.prompt_tokens_mean} in the mean. Which resource runs out?",
        "Reading a prompt grows in proportion and is bound by {roof.prefill_bound}. Caches grow, too: against "
        "{batching.slots} slots stand {cap.max_concurrent} mean requests that memory holds today.",
        {"wl.prompt_tokens_mean": "x4"},
    ),
    Prepared(
        "kinder-benchmark",
        "D3",
        "The benchmark was too kind: kernels reach a tenth less of the peak than {perf.compute_efficiency:%}. What "
        "do you order, and how would you have noticed?",
        "Each token's part of a step is longer, goodput falls, and with it what {cap.replicas} replicas carry. The "
        "first item of the validation plan measures this before the order is whole.",
        {"perf.compute_efficiency": "-10%"},
    ),
    Prepared(
        "more-bandwidth",
        "D1",
        "Memory twice as fast for the same price, instead of {hw.device_bandwidth:TB/s}: who feels it, readers of "
        "a first token or of the tokens after it?",
        "Of the part of a step that its tokens do not change, {perf.fixed_step:ms}, the reading of the weights "
        "halves; reading a long prompt is bound by {roof.prefill_bound}. The ridge, {roof.ridge}, moves to the "
        "left.",
        {"hw.device_bandwidth": "x2"},
    ),
    Prepared(
        "half-the-slots",
        "D2",
        "Somebody proposes half of your {batching.slots} slots, for shorter gaps. What does it cost?",
        "Steps with fewer requests are shorter, and fewer tokens share the reading of the weights. Goodput goes to "
        "{batching.half_goodput}, from {perf.goodput}: what that costs in replicas is the price of the shorter "
        "gap.",
        {"batching.slots": "x0.5"},
    ),
    Prepared(
        "smaller-caches",
        "D2",
        "Caches in half of {mem.kv_element} an element: do you need fewer devices? What would you check before you "
        "say so?",
        "Memory holds about twice as many requests, {cap.max_concurrent} today against {batching.slots} slots: it "
        "helps only where memory is what limits them. Quality is no claim of this document and would have to be "
        "measured.",
        {"mem.kv_element": "x0.5"},
    ),
    Prepared(
        "weaker-devices",
        "D2",
        "Finance asks what the {cap.spares} spares buy. What if devices failed twice as often as every "
        "{fail.device_mtbf}?",
        "The availability {fail.availability} is that of enough replicas, not of each, and spares are what makes "
        "it so. Failures are taken to be independent: against a feed or a release that fails for all, a spare does "
        "not help.",
        {"fail.device_mtbf": "x0.5"},
    ),
    Prepared(
        "busier-day",
        "D3",
        "A quarter more requests, from {req.rate_mean} in the mean. Is the break-even of {sens.break_even_rate} "
        "where you said it was?",
        "The busiest window counts, {req.rate_peak}, not the mean. Beyond the break-even another replica is due; "
        "the tail grows before the mean says so.",
        {"req.rate_mean": "x1.25"},
    ),
    Prepared(
        "slower-links",
        "D1",
        "The links between devices run at half of {hw.link_bandwidth:GB/s}. What share of a step was communication?",
        "It was {net.step_share:%} of a decode step, part of it start-up times that no bandwidth changes: by "
        "Amdahl's law the step grows by less than that share.",
        {"hw.link_bandwidth": "x0.5"},
    ),
    Prepared(
        "dearer-energy",
        "D1",
        "Energy at twice {cost.usd_per_kwh}. Does the choice of the machine change?",
        "Energy is {cost.energy_per_year} of a fleet that costs {cost.tco:MUSD}: who multiplies that out knows. "
        "The change moves two claims, and the ranking of machines only where their power differs by more than "
        "their price.",
        {"cost.usd_per_kwh": "x2"},
    ),
    Prepared(
        "hotter-day",
        "D3",
        "The coolant is warmer than {therm.coolant} on the hottest day. From where on does a user notice?",
        "The junction follows by as many degrees, from {therm.tj} towards {req.junction_limit}. Below that nobody "
        "notices; beyond it clocks fall, which this model does not follow.",
        {"therm.coolant": "+15%"},
    ),
    Prepared(
        "the-asked-limit",
        "D2",
        "The product owner insists on {req.asked_limit:ms} for the first token. What can you offer?",
        "Reading a long prompt alone takes {perf.ttft_floor:ms}, whatever the fleet's size. Offers change the "
        "question: shorter prompts, faster devices, another quantile.",
        {"req.slo_ttft_p99": "req.asked_limit"},
    ),
)
