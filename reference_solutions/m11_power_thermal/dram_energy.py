r"""Energy of a memory rank, from currents of a data sheet and commands that were counted.

Question
    So many rows were opened, so many bursts read and written. Where did the energy of the memory go?
Model
    .. math:: E_{act} = V \left( I_{DD0} t_{RC} - I_{DD3N} t_{RAS} - I_{DD2N} t_{RP} \right) D, \qquad
        E_{rd} = V (I_{DD4R} - I_{DD3N}) \tfrac{B}{2} D, \qquad
        E_{ref} = V (I_{DD5} - I_{DD3N}) t_{RFC} D

    and :math:`E_{wr}` like :math:`E_{rd}` with :math:`I_{DD4W}`, for :math:`D` devices of a rank. A data sheet measures
    a current while one thing is done over and over: what flows anyway, standby with rows open (:math:`I_{DD3N}`) or
    closed (:math:`I_{DD2N}`), is taken off, and counted once, as standby. A burst of :math:`B` words takes half as many
    cycles: data move on both edges. :math:`t_{RC} = t_{RAS} + t_{RP}`.
Assumes
    Maximum or typical currents of a data sheet hold for this device; nothing is powered down; termination and the
    controller's side are counted elsewhere.
Breaks when
    Devices sleep (IDD2P, IDD3P, IDD6), or data matter: devices of one data sheet differ by tens of per cent.
Source
    Micron, TN-40-07, "Calculating Memory Power for DDR4 SDRAM"; the increments as in DRAMsim3, `configuration.cc`
    (Li, Yang, Reddy, Srivastava, Jacob, IEEE Computer Architecture Letters 19(2), 2020, pp. 106-109).
Oracle
    Current integrated over the cycles of a data sheet's own measuring loops; DRAMsim3's DDR4_8Gb_x8_3200.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["dram_energy_j"]


def dram_energy_j(
    chip: Mapping[str, float],
    devices: int,
    commands: Mapping[str, int],
    window_s: float,
    active_share: float,
) -> dict[str, float]:
    """Energy of a rank over a window, by what took it.

    Parameters
    ----------
    chip : mapping of str to float
        `vdd_v` [V]; `idd0_ma`, `idd2n_ma`, `idd3n_ma`, `idd4r_ma`, `idd4w_ma`, `idd5_ma` [mA]; `tck_ns` [ns]; `tras`,
        `trp`, `trfc` in cycles, and `burst`, words of a burst [1].
    devices : int
        Devices of the rank. [1]
    commands : mapping of str to int
        `activates`, each with its precharge, `reads`, `writes`, `refreshes`. [1]
    window_s : float
        Length of the window. [s]
    active_share : float
        Share of it with a row open. [1]

    Returns
    -------
    dict of str to float
        `activate`, `read`, `write`, `refresh`, `standby`, and `total`. [J]

    Raises
    ------
    ValueError
        If there is no device, a count is negative, the window not positive, or the share none.

    Examples
    --------
    >>> chip = {"vdd_v": 1.2, "idd0_ma": 57, "idd2n_ma": 37, "idd3n_ma": 52, "idd4r_ma": 168, "idd4w_ma": 150}
    >>> chip |= {"idd5_ma": 250, "tck_ns": 0.63, "tras": 52, "trp": 22, "trfc": 560, "burst": 8}
    >>> counts = {"activates": 1, "reads": 1, "writes": 1, "refreshes": 1}
    >>> found = dram_energy_j(chip, 8, counts, window_s=1e-6, active_share=1.0)
    >>> {name: round(1e12 * joules, 1) for name, joules in found.items() if name != "total"}
    {'activate': 4233.6, 'read': 2806.3, 'write': 2370.8, 'refresh': 670602.2, 'standby': 499200.0}
    """
    if devices < 1 or min(commands.values()) < 0 or not window_s > 0 or not 0 <= active_share <= 1:
        raise ValueError("a device at least, counts not negative, a window, and a share from 0 to 1")
    volt_devices, cycle_s = chip["vdd_v"] * devices / 1e3, chip["tck_ns"] / 1e9  # currents are in mA
    opened, closed = chip["idd3n_ma"], chip["idd2n_ma"]  # what flows anyway
    cycling = chip["idd0_ma"] * (chip["tras"] + chip["trp"]) - opened * chip["tras"] - closed * chip["trp"]
    each_j = {
        "activate": cycling * cycle_s * volt_devices,
        "read": (chip["idd4r_ma"] - opened) * chip["burst"] / 2 * cycle_s * volt_devices,
        "write": (chip["idd4w_ma"] - opened) * chip["burst"] / 2 * cycle_s * volt_devices,
        "refresh": (chip["idd5_ma"] - opened) * chip["trfc"] * cycle_s * volt_devices,
    }
    counts = [commands[name] for name in ("activates", "reads", "writes", "refreshes")]
    joules = {name: each * count for (name, each), count in zip(each_j.items(), counts, strict=True)}
    joules["standby"] = (active_share * opened + (1 - active_share) * closed) * window_s * volt_devices
    return {**joules, "total": float(np.sum(list(joules.values())))}
