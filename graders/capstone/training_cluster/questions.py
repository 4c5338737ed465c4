"""Questions that are ready for the defence of a training cluster: each changes the candidate's own claims."""

from __future__ import annotations

from graders.capstone.what_if import Prepared

QUESTIONS = (
    Prepared(
        "twice-the-tokens",
        "D1",
        "The research lead wants twice the tokens, {wl.tokens:Ttoken} today, on the same machines. What do you miss "
        "first?",
        "The run's time doubles, from {train.time_wall}, whatever its size; so does what it costs. Goodput does not "
        "change: it is a matter of rates.",
        {"wl.tokens": "x2"},
    ),
    Prepared(
        "wider-model",
        "D1",
        "The model grows a fifth wider than {model.width}. By how much does each token become dearer, and what else "
        "breaks?",
        "Operations grow with the square of the width, but for attention and logits. Memory follows: states with the "
        "square, activations in proportion. A device holds {mem.per_gpu:GB} today.",
        {"model.width": "x1.2"},
    ),
    Prepared(
        "kinder-benchmark",
        "D3",
        "Matrices reach a tenth less of the peak than {perf.compute_efficiency:%}. Is the deadline missed, and how "
        "would you have noticed before the order?",
        "Only the operations' part of a step grows; the break-even is {sens.break_even_efficiency:%}. The first item "
        "of the validation plan measures it on one host.",
        {"perf.compute_efficiency": "-10%"},
    ),
    Prepared(
        "weaker-devices",
        "D2",
        "Devices fail twice as often as every {fail.device_mtbf}. What becomes of goodput, and would you change the "
        "interval?",
        "The run fails more often than every {fail.job_mtbf}. What checkpoints and lost work cost grows by the root of "
        "two if the interval follows, by more if it stays at {ckpt.interval}; restarts double.",
        {"fail.device_mtbf": "x0.5"},
    ),
    Prepared(
        "longer-interval",
        "D2",
        "Operations would rather write a checkpoint four times as seldom as every {ckpt.interval}. What does that "
        "cost?",
        "Daly's interval is {ckpt.daly_interval}. Around it the curve is flat; at four times as much lost work "
        "outweighs what is saved. As many kept checkpoints reach back about four times as far.",
        {"ckpt.interval": "x4"},
    ),
    Prepared(
        "slower-file-system",
        "D1",
        "The file system writes at half of {data.write_bandwidth:GB/s} while others use it. Which claims move?",
        "A checkpoint takes twice {ckpt.time}. If the interval follows Young it grows by the root of two; as it "
        "stands, goodput falls. Reading tokens takes {data.read_rate:MB/s}, which is nothing.",
        {"data.write_bandwidth": "x0.5"},
    ),
    Prepared(
        "half-the-network",
        "D1",
        "Ports between hosts run at half of {hw.network_bandwidth:GB/s}. How much of a step was exchange, and how much "
        "of that was exposed?",
        "Replicas exchange for {net.dp_time}, of which {net.dp_exposed} is exposed; the rest hides behind the backward "
        "pass. Stages pass activations between hosts, too. Inside a host nothing changes.",
        {"hw.network_bandwidth": "x0.5"},
    ),
    Prepared(
        "no-sequence-parallelism",
        "D2",
        "Sequence parallelism is switched off for a bug. Does the job still fit?",
        "What tensor parallelism leaves whole is then kept on every device, so that a layer keeps more than "
        "{mem.layer_bytes:MB}. Traffic stays as it is: a sum is a scatter and a gather.",
        {"par.sequence_parallel": "no"},
    ),
    Prepared(
        "full-recomputation",
        "D2",
        "Somebody proposes to recompute whole layers, to be safe. What does safety cost?",
        "A third more operations in the layers, and half as many sums again inside hosts. HFU hardly changes: the "
        "work is done. MFU and the tokens a second, {perf.tokens_per_s:ktoken/s}, fall. Activations take less memory.",
        {"mem.recompute": "full"},
    ),
    Prepared(
        "more-pieces",
        "D2",
        "Twice as many pieces of the model on each stage. What is gained, and what does it cost?",
        "The pipeline stands still for {par.bubble:%} of a step, and for about half of that then. Transfers between "
        "stages, {net.pp_time} a micro-batch, double. Whether the layers divide, and micro-batches by stages, is the "
        "first thing to ask.",
        {"par.pieces": "x2"},
    ),
    Prepared(
        "busier-researchers",
        "D3",
        "Research submits a half more jobs a day than {wl.jobs_per_day}. From where on do they wait too long?",
        "Load grows in proportion, from {wl.job_load} devices; the wait grows much faster near saturation. Strictly in "
        "order of arrival the 90th percentile would be {sched.fifo_wait_p90} already today.",
        {"wl.jobs_per_day": "x1.5"},
    ),
    Prepared(
        "a-spare-less",
        "D2",
        "Finance sees {cap.spares} hosts standing by. Why not none?",
        "The run needs all of its hosts: with none to spare it is at full strength only while not one is in repair, "
        "and a failure costs a repair instead of a restart of {fail.restart}.",
        {"cap.spares": "0"},
    ),
    Prepared(
        "dearer-energy",
        "D1",
        "Energy at twice {cost.usd_per_kwh}. Does the choice of the machine change?",
        "The run takes {cost.run_energy:MWh}; whoever multiplies that out knows. Only cost moves: the ranking changes "
        "where machines differ more in power than in price.",
        {"cost.usd_per_kwh": "x2"},
    ),
    Prepared(
        "hotter-day",
        "D3",
        "The coolant comes in a fifth warmer than {therm.coolant}. What gives first?",
        "The junction follows by as many degrees, from {therm.tj} towards {req.junction_limit}. Less rise would help, "
        "and needs more flow than {therm.flow} in each rack.",
        {"therm.coolant": "x1.2"},
    ),
)
