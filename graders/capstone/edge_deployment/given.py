"""What an edge design is given, and what it decides: claims without a formula."""

from __future__ import annotations

from graders.capstone.declaring import given

GIVEN = (
    *given(
        "target",
        "S2",
        """
        req.latency_p90     | s     | limit on the 90th percentile of a frame that has the board to itself
        req.latency_p99     | s     | limit on the 99th percentile from the camera to the answer, under the trace
        req.latency_sun     | s     | the same limit in direct sun
        req.dropped_limit   | 1     | share of the frames that may be dropped
        req.drop_limit      | 1     | accuracy that quantisation may cost at most, to the upper end of its interval
        req.accuracy_floor  | 1     | accuracy that device and cloud reach together
        req.fallback_limit  | 1     | share of the reported crops that may leave the device
        req.token_rate      | token/s | tokens a second that the assistant writes at least
        req.cold_start      | s     | limit on the time from power to the first frame
        req.energy_limit    | J/req | limit on the energy of a frame, everything that the board draws included
        req.skin_limit      | degC  | temperature that a hand may meet
        req.junction_limit  | degC  | temperature at which the board begins to slow down
        req.battery_life    | h     | time that a charge lasts at least
        req.slo_avail       | 1     | share of the time that a device works
        req.rollout_limit   | day   | time in which the whole fleet has an update
        req.exposed_limit   | count | devices that a bad update may reach
        req.budget_device_year | USD/year | what a device may cost in a year
        """,
    ),
    *given(
        "input",
        "S3",
        """
        wl.active_share     | 1     | share of a day that the camera is on
        wl.answers_per_hour | 1/h   | questions to the assistant in an hour of use
        wl.prompt_tokens    | count | tokens of a question, those of its image included
        wl.answer_tokens    | count | tokens of an answer
        wl.reports_per_hour | 1/h   | crops in an hour of use whose answer is reported
        """,
    ),
    *given("choice", "S4", "hw.machine | name | board that is built in"),
    *given(
        "vendor",
        "S4",
        """
        hw.peak             | flop/s | dense INT8 peak at the full clock, two operations a multiply-add
        hw.memory           | B      | memory of the board
        hw.bandwidth        | B/s    | peak of its memory
        hw.power_limit      | W      | what the board may draw
        """,
    ),
    *given(
        "input",
        "S4",
        """
        hw.sram             | B      | memory on the chip that a tile may use
        hw.flash            | B      | flash
        hw.flash_bandwidth  | B/s    | rate at which flash is read
        hw.board_price      | USD    | price of the board at the fleet's volume
        load.init           | s      | from power to a runtime without models
        """,
    ),
    *given(
        "input",
        "S6",
        """
        model.patches       | count | patches of a crop
        model.patch_px      | count | edge of a patch, in pixels
        model.layers        | count | blocks of the vision encoder
        model.hidden        | count | elements of a token
        model.mlp           | count | width of its feed-forward layers
        model.lm_params     | count | weights of the assistant's language model
        model.lm_layers     | count | its layers
        model.lm_kv_heads   | count | its key-value heads
        model.lm_head_dim   | count | elements of a head
        mem.kv_element      | B     | bytes of a cached element
        mem.activation_element | B  | bytes of an activation
        mem.scale_bytes     | B     | bytes of a scale
        mem.scale_group     | count | weights that share a scale
        mem.code_bytes      | B     | runtime and application in flash
        mem.frame_bytes     | B     | a frame that waits
        mem.system_bytes    | B     | memory of system, camera and application
        """,
    ),
    *given("choice", "S7", "quant.scheme | name | how weights are stored: int8 or int4; activations are int8"),
    *given("choice", "S5", "perf.clock_share | 1 | clock, as a share of the full one"),
    *given(
        "input",
        "S5",
        """
        perf.compute_efficiency   | 1 | share of the peak that kernels reach
        perf.bandwidth_efficiency | 1 | share of the memory's peak that kernels reach
        perf.launch         | s | launch of an operator
        perf.frame_overhead | s | capture, resizing and detection of a frame
        perf.token_overhead | s | launches of a token's step
        """,
    ),
    *given("choice", "S8", "sched.queue_frames | count | frames that may wait before one is dropped"),
    *given(
        "choice",
        "S8",
        """
        fleet.threshold     | 1 | confidence below which the cloud is asked
        fleet.first_share   | 1 | share of the fleet in the first stage of a rollout
        """,
    ),
    *given(
        "input",
        "S8",
        """
        fleet.devices       | count  | devices
        fleet.growth        | 1      | how many times as many have an update after the next stage
        fleet.online        | h      | wait for the devices of a stage to come online
        fleet.watch         | h      | watch after a stage
        fleet.updates       | 1/year | updates in a year
        fleet.other_accuracy | 1     | share of the crops left to it that the cloud's model answers rightly
        """,
    ),
    *given(
        "input",
        "S7",
        """
        net.link            | B/s | what a device can load
        net.server          | B/s | what the update server gives to all
        net.delta_share     | 1   | part of the image that an update sends
        net.crop_bytes      | B   | crop that is sent to the cloud
        """,
    ),
    *given("choice", "S9", "fail.watchdog | s | silence after which the watchdog resets the device"),
    *given(
        "input",
        "S9",
        """
        fail.software_mtbf  | h | mean time between hangs
        fail.hardware_mtbf  | h | mean time between failures of a device
        fail.replace        | h | mean time until a failed device is replaced
        """,
    ),
    *given(
        "input",
        "S10",
        """
        pwr.idle            | W    | board and camera without work, leakage aside
        pwr.dynamic_full    | W    | what serving adds at the full clock
        pwr.voltage_floor   | 1    | voltage of the slowest clock, as a share of the full clock's
        pwr.leakage         | W    | leakage at its nominal temperature
        pwr.leak_per_k      | 1/K  | exponent of the leakage
        pwr.leak_nominal    | degC | its nominal temperature
        pwr.sleep           | W    | device asleep
        therm.ambient       | degC | hottest surroundings
        therm.sun           | K    | how much hotter than that direct sun makes them
        therm.resistance    | K/W  | from junction to air
        therm.skin_resistance | K/W | from the touched surface to air
        therm.time_constant | s    | of the board on its plate
        therm.hysteresis    | K    | below the limit, where the board becomes fast again
        therm.slow_clock    | 1    | clock of a hot board, as a share of its own
        therm.horizon       | s    | longest stretch of use
        batt.capacity       | Wh   | battery when new
        batt.usable         | 1    | share of it that age and cold leave
        batt.efficiency     | 1    | of the converter
        batt.self_discharge | 1/day | share of what is left that is lost
        batt.cycles         | count | full cycles that it lasts
        """,
    ),
    *given(
        "input",
        "S11",
        """
        cost.camera_price    | USD     | camera
        cost.battery_price   | USD     | battery
        cost.enclosure_price | USD     | enclosure, assembly and test
        cost.years           | year    | years that a device serves
        cost.usd_per_kwh     | USD/kWh | price of energy
        cost.usd_per_gb      | USD/GB  | price of a device's traffic
        cost.usd_per_call    | USD     | price of a crop in the cloud
        cost.visit           | USD     | replacing a device, the device aside
        """,
    ),
)
