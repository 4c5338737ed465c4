"""Figures of devices that models and notebooks use, each with the place where it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reference_solutions.units import GIGA, KIB, TERA

__all__ = ["A100_SXM_40GB", "A100_SXM_80GB", "DEVICES", "H100_SXM", "H200_SXM", "MULTIPROCESSORS", "Device"]


@dataclass(frozen=True, slots=True)
class Device:
    """An accelerator, as its vendor describes it.

    Attributes
    ----------
    name : str
        What people call it.
    peak_flops_per_s : float
        Dense BF16 matrix peak, without sparsity. [flop/s]
    bandwidth_bytes_per_s : float
        Peak of its device memory. [B/s]
    peak_source, bandwidth_source : str
        Document that prints the figure.
    memory_bytes : float
        Device memory; the bandwidth's source prints it. [B]
    power_w : float
        Largest thermal design power; the bandwidth's source prints it. [W]
    link_bytes_per_s : float
        NVLink in one direction: half of what the bandwidth's source prints, which is both together. [B/s]
    """

    name: str
    peak_flops_per_s: float
    bandwidth_bytes_per_s: float
    peak_source: str
    bandwidth_source: str
    memory_bytes: float
    power_w: float
    link_bytes_per_s: float


_A100 = "NVIDIA A100 Tensor Core GPU datasheet, 2021"

A100_SXM_40GB = Device("A100 SXM 40 GB", 312 * TERA, 1555 * GIGA, _A100, _A100, 40 * GIGA, 400, 300 * GIGA)
A100_SXM_80GB = Device("A100 SXM 80 GB", 312 * TERA, 2039 * GIGA, _A100, _A100, 80 * GIGA, 400, 300 * GIGA)
H100_SXM = Device(
    name="H100 SXM",
    peak_flops_per_s=989.4 * TERA,
    bandwidth_bytes_per_s=3.35 * TERA,
    peak_source="NVIDIA H100 Tensor Core GPU Architecture, white paper, 2022: BF16, half of the figure with sparsity",
    bandwidth_source="NVIDIA H100 Tensor Core GPU datasheet: GPU memory bandwidth of the SXM form",
    memory_bytes=80 * GIGA,
    power_w=700,
    link_bytes_per_s=450 * GIGA,
)
H200_SXM = Device(
    name="H200 SXM",
    peak_flops_per_s=989.5 * TERA,
    bandwidth_bytes_per_s=4.8 * TERA,
    peak_source="NVIDIA H200 Tensor Core GPU datasheet: BF16, half of the figure with sparsity",
    bandwidth_source="NVIDIA H200 Tensor Core GPU datasheet: GPU memory bandwidth of the SXM form",
    memory_bytes=141 * GIGA,
    power_w=700,
    link_bytes_per_s=450 * GIGA,
)

DEVICES = (A100_SXM_40GB, A100_SXM_80GB, H100_SXM)

MULTIPROCESSORS: Mapping[str, Mapping[str, int]] = {
    capability: {
        "max_warps": warps,
        "max_blocks": blocks,
        "registers": 65_536,
        "shared_bytes": shared_kib * KIB,
        "max_shared_bytes_per_block": (shared_kib - (float(capability) >= 8)) * KIB,
        "reserved_shared_bytes_per_block": KIB if float(capability) >= 8 else 0,
        "shared_granularity_bytes": 128 if float(capability) >= 8 else 256,
    }
    for capability, warps, blocks, shared_kib in (
        ("7.0", 64, 32, 96),
        ("7.5", 32, 16, 64),
        ("8.0", 64, 32, 164),
        ("8.6", 48, 16, 100),
        ("8.9", 48, 24, 100),
        ("9.0", 64, 32, 228),
        ("10.0", 64, 32, 228),
        ("12.0", 48, 24, 100),
    )
}
"""Compute capability -> what a multiprocessor of it holds. NVIDIA, CUDA C++ Programming Guide 12.9, "Technical
Specifications per Compute Capability", and `cuda_occupancy.h` of CUDA 12.9; with the largest share of shared memory."""
