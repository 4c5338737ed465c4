"""The claims of a training cluster's design that nothing is computed for: what the brief gives, and what is chosen."""

from __future__ import annotations

from graders.capstone.declaring import given

GIVEN = (
    *given(
        "target",
        "S2",
        """
        req.deadline       | day  | by when the run has seen all tokens
        req.budget_run     | USD  | what the run may cost: its part of the cluster, for as long as it takes
        req.goodput        | 1    | share of the run's time that must be progress
        req.full_strength  | 1    | share of the time that the run has all of its hosts
        req.history        | h    | how far back checkpoints must reach
        req.gang_wait_p90  | s    | limit on the 90th percentile of how long other jobs wait
        req.power_limit    | W    | what the facility may draw at most
        req.rack_limit     | W    | what a rack may draw
        req.flow_limit     | kg/s | coolant that a rack's manifold passes
        req.junction_limit | degC | temperature at which a device begins to slow down
        """,
    ),
    *given(
        "input",
        "S3",
        """
        wl.tokens      | token   | tokens of the run, each seen once
        wl.sequence    | count   | tokens of a sequence
        wl.batch       | count   | sequences of a step, all replicas together
        wl.token_bytes | B/token | what a token takes on disk
        """,
    ),
    *given(
        "input",
        "S6",
        """
        model.layers      | count | layers
        model.width       | count | hidden size; the feed-forward part is four times as wide
        model.heads       | count | attention heads, each with keys and values of its own
        model.vocabulary  | count | words of the output; the embedding is shared with it
        mem.utilisation   | 1     | share of a device's memory that the job may use
        mem.working_bytes | B     | what a device keeps for buffers, workspaces and fragments
        """,
    ),
    *given("choice", "S4", "hw.machine | name | machine that is bought"),
    *given(
        "vendor",
        "S4",
        """
        hw.device_memory  | B      | memory of a device
        hw.device_peak    | flop/s | dense BF16 peak
        hw.device_power   | W      | its power limit
        hw.link_bandwidth | B/s    | link inside a host, in one direction
        """,
    ),
    *given(
        "input",
        "S4",
        """
        hw.network_bandwidth | B/s   | network port of each device, in one direction
        hw.device_price      | USD   | price of a device
        hw.host_price        | USD   | price of a host with its ports of the network
        hw.host_devices      | count | devices in a host
        """,
    ),
    *given(
        "input",
        "S5",
        """
        perf.compute_efficiency | 1 | share of the peak that matrices reach
        perf.overlap            | 1 | share of the gradients' sum that may run beside the backward pass
        perf.step_overhead      | s | optimizer and host, once a step
        """,
    ),
    *given(
        "input",
        "S7",
        """
        net.inner_startup    | s     | start-up time of a step of a collective inside a host
        net.outer_startup    | s     | start-up time of a step between hosts
        net.leaf_hosts       | count | hosts under a leaf switch
        net.oversubscription | 1     | ports of a leaf towards hosts over those towards the spine
        """,
    ),
    *given(
        "choice",
        "S7",
        """
        par.tp                | count | devices that share a layer
        par.pp                | count | stages of the pipeline
        par.dp                | count | replicas of the model
        par.pieces            | count | pieces of the model on each stage
        par.micro_batch       | count | sequences of a micro-batch
        par.sequence_parallel | name  | whether the rest of a layer is divided along the sequence: yes or no
        """,
    ),
    *given(
        "choice",
        "S6",
        """
        mem.zero_stage | count | stage of ZeRO: 0 to 3
        mem.recompute  | name  | what the backward pass computes anew: none, selective or full
        """,
    ),
    *given(
        "choice",
        "S8",
        """
        sched.policy         | name  | which jobs of the research partition start: fifo or backfill
        sched.research_nodes | count | hosts of the research partition
        """,
    ),
    *given(
        "choice",
        "S9",
        """
        cap.spares    | count | hosts that stand by for the run
        ckpt.interval | s     | time of progress between two checkpoints
        ckpt.kept     | count | checkpoints that are kept
        """,
    ),
    *given(
        "input",
        "S9",
        """
        fail.device_mtbf     | h     | mean time between failures of a device
        fail.host_mtbf       | h     | mean time between failures of a host
        fail.mttr            | h     | mean time to repair
        fail.detect          | s     | from a failure until a spare begins to read the checkpoint
        tail.node_spread     | 1     | standard deviation of a host's step time, over its mean
        ckpt.copy_bandwidth  | B/s   | from a device to its host's memory
        """,
    ),
    *given(
        "input",
        "S6",
        """
        data.write_bandwidth | B/s | of the file system, all hosts together
        data.read_bandwidth  | B/s | of the file system, all hosts together
        data.capacity        | B   | of the file system
        """,
    ),
    *given(
        "input",
        "S10",
        """
        pwr.idle_power       | W      | what an idle device draws
        pwr.host_power       | W      | what a host draws beside its devices
        pwr.pue              | 1      | power usage effectiveness
        therm.coolant        | degC   | coolant at the inlet on the hottest day
        therm.coolant_rise   | K      | by which it may warm up on its way
        therm.heat_capacity  | J/kg/K | of the coolant
        therm.resistance     | K/W    | from junction to coolant
        """,
    ),
    *given("choice", "S10", "pwr.nodes_per_rack | count | hosts in a rack"),
    *given(
        "input",
        "S11",
        """
        cost.years         | year    | years over which machines are paid off
        cost.usd_per_kwh   | USD/kWh | price of energy
        cost.running_share | 1/year  | space, spares and people a year, of the machines' price
        cost.storage       | USD     | price of the file system
        """,
    ),
)
