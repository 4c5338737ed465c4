"""A server and a GPU that you have never seen, and a service that is to run on them: others for each student.

Whatever differs is rolled with SHA-256 from the course's salt, the student id and the name of the thing. Only whole
numbers are rolled, so that all machines get the same.

Machines, services and counts are made up; their sizes are those that such machines have.
"""

from __future__ import annotations

import hashlib
from typing import Any

VENDOR = "Aldebrook"
SERVERS = ("Carse", "Haugh", "Howe", "Lade", "Muir", "Strand")
CARDS = ("Buzzard", "Dipper", "Fulmar", "Merlin", "Osprey", "Petrel")
SERVICES = ("catalogue search", "code search", "document search", "image search", "product search", "support search")

NODES, EXTENTS = 4, 12
GIGA, MEGA = 10**9, 10**6

USES = ("one user each", "all use all", "one node uses all")
"""How the service uses its memory: each extent by a node of its own, all of it by all nodes, or by one node."""

# Of a GPU: warps and blocks that a multiprocessor keeps, KiB of shared memory, bytes reserved for a block, granularity,
# latency in ns, bytes of an access, GB/s of memory for each multiprocessor; then four launches: threads, registers,
# bytes of shared memory, loads under way.
GPUS = """
48 32 228 1024 256 500 8 59.0 | 320 65 23552 2 | 224 174 3072 5 | 224 32 0 1 | 448 42 17408 3
32 32 164 1024 128 800 8 27.8 | 192 178 6144 5 | 640 55 6144 2 | 160 57 27648 3 | 256 40 4096 1
48 16 100 2048 256 550 4 14.5 | 224 172 4096 4 | 160 33 0 1 | 288 44 33792 3 | 352 58 25600 2
48 32 128 1024 512 550 8 51.7 | 224 63 43520 2 | 448 44 18432 3 | 160 25 1024 1 | 192 199 4096 5
64 24 128 1024 512 770 8 36.8 | 448 46 5120 3 | 224 35 4096 1 | 224 107 6144 5 | 320 61 57856 2
32 24 100 2048 128 740 4 16.2 | 352 44 6144 3 | 192 43 39424 2 | 96 35 3072 1 | 128 181 2048 5
64 16 228 1024 256 570 4 35.6 | 352 160 2048 4 | 224 41 36864 3 | 384 55 27648 2 | 256 29 0 1
32 24 164 512 128 660 8 46.0 | 288 54 24576 3 | 224 27 0 1 | 480 51 23552 2 | 288 160 5120 4
32 16 96 1024 512 750 4 12.6 | 128 155 0 4 | 352 49 17408 3 | 256 35 0 1 | 384 49 32768 2
64 16 64 1024 256 570 8 63.3 | 256 188 4096 4 | 320 65 25088 2 | 320 41 16384 3 | 160 28 3072 1
64 32 228 512 512 620 8 47.8 | 224 44 30208 3 | 256 28 3072 1 | 224 196 8192 5 | 448 57 19456 3
64 32 100 2048 512 560 8 58.0 | 224 49 19968 3 | 256 157 7168 5 | 480 69 4096 2 | 256 38 3072 1
48 24 128 512 512 720 8 36.2 | 352 53 20992 2 | 448 41 19456 3 | 224 26 0 1 | 320 117 3072 5
48 16 96 2048 128 740 8 22.9 | 352 104 0 4 | 352 49 49664 2 | 192 27 4096 1 | 448 42 6144 2
64 24 164 2048 256 580 4 27.3 | 384 135 4096 4 | 160 45 23040 3 | 512 54 18432 2 | 160 33 4096 1
64 32 128 1024 128 800 4 19.3 | 256 24 0 1 | 128 150 7168 4 | 480 74 10240 3 | 224 45 18432 3
32 16 128 512 128 760 8 31.2 | 256 34 0 1 | 224 54 32768 3 | 224 154 1024 5 | 480 73 17408 2
48 32 64 2048 128 730 8 26.7 | 256 62 27648 3 | 96 35 2048 1 | 224 136 5120 5 | 448 47 19456 2
48 16 96 2048 512 630 4 19.6 | 288 42 24576 3 | 96 33 3072 1 | 320 73 6144 3 | 256 156 1024 4
32 16 100 2048 128 740 8 30.7 | 288 43 55296 2 | 352 133 0 4 | 288 53 18432 3 | 96 29 0 1
32 16 128 1024 256 770 4 10.7 | 96 32 2048 1 | 640 76 14336 2 | 224 163 5120 4 | 288 52 43520 3
48 16 64 1024 512 780 8 24.6 | 256 157 3072 5 | 128 27 4096 1 | 224 69 59392 3 | 320 59 21504 3
48 32 64 2048 128 670 8 32.4 | 352 53 29696 2 | 320 165 7168 5 | 416 43 21504 3 | 128 38 3072 1
32 24 228 512 256 760 4 18.8 | 384 48 26624 3 | 128 36 2048 1 | 352 66 40960 2 | 320 127 0 5
64 32 100 1024 512 780 4 16.9 | 576 76 26624 2 | 224 40 3072 1 | 128 123 6144 4 | 288 46 25088 3
32 16 96 1024 128 560 8 51.7 | 256 58 24576 3 | 288 103 2048 5 | 384 63 17408 2 | 192 24 3072 1
48 32 164 2048 512 680 4 18.0 | 160 38 4096 1 | 288 101 2048 4 | 160 55 31744 3 | 512 72 8192 2
64 16 164 512 128 510 8 63.3 | 224 40 0 1 | 352 106 1024 5 | 320 49 22528 2 | 224 45 24064 3
32 24 64 1024 256 590 4 16.9 | 640 44 22528 3 | 96 175 5120 5 | 256 48 24576 3 | 160 31 0 1
48 32 228 2048 512 800 8 33.6 | 192 173 4096 4 | 96 36 4096 1 | 576 74 6144 2 | 256 42 58368 3
48 16 64 1024 128 580 8 41.7 | 288 44 53760 2 | 288 99 3072 4 | 672 41 28672 3 | 256 27 3072 1
64 32 100 1024 128 740 4 23.4 | 256 40 1024 1 | 448 47 15360 3 | 224 155 7168 5 | 192 61 43008 2
48 32 164 1024 256 770 4 17.4 | 192 55 27648 3 | 352 160 8192 4 | 128 28 3072 1 | 416 54 28672 3
48 16 164 1024 512 740 4 17.1 | 352 102 0 4 | 288 50 41472 3 | 96 25 4096 1 | 672 46 6144 3
48 32 128 1024 128 610 8 29.4 | 192 142 3072 4 | 672 48 16384 3 | 256 27 2048 1 | 320 52 58880 2
64 24 164 1024 512 700 8 51.5 | 384 127 3072 5 | 192 43 22016 3 | 256 29 4096 1 | 448 48 15360 2
64 24 228 2048 128 610 8 45.7 | 192 34 4096 1 | 448 42 15360 3 | 256 143 7168 4 | 384 64 58880 2
48 16 100 512 128 550 8 50.8 | 288 54 25600 3 | 352 151 8192 4 | 160 58 38912 2 | 224 31 4096 1
32 16 64 1024 512 660 4 22.2 | 128 33 3072 1 | 224 193 8192 4 | 384 50 18432 3 | 224 52 46080 2
64 16 64 1024 128 740 4 13.3 | 96 37 1024 1 | 672 43 12288 3 | 352 46 55296 3 | 352 150 0 4
48 32 164 2048 128 600 4 17.4 | 96 40 3072 1 | 704 68 5120 2 | 192 123 1024 4 | 352 49 55296 3
48 16 96 512 256 580 4 24.0 | 384 52 20480 2 | 448 47 11264 3 | 256 32 2048 1 | 320 155 8192 5
32 24 164 1024 512 520 4 24.3 | 352 41 30720 3 | 320 71 10240 2 | 128 36 0 1 | 192 117 1024 4
48 16 96 512 256 680 8 37.7 | 448 41 27648 3 | 352 49 59904 2 | 96 30 4096 1 | 224 133 3072 5
64 24 228 512 256 600 8 39.9 | 256 37 0 1 | 448 48 13312 3 | 256 69 27648 3 | 288 111 1024 5
32 24 164 1024 128 560 8 47.9 | 608 50 20480 3 | 320 115 1024 5 | 192 43 33280 3 | 192 38 0 1
64 32 100 1024 128 600 8 45.0 | 256 31 1024 1 | 352 122 4096 4 | 224 66 27136 2 | 448 44 25600 3
32 32 228 512 128 670 8 24.8 | 160 58 46592 3 | 256 30 2048 1 | 704 46 23552 2 | 320 116 7168 4
"""


def scenario(student: str, salt: str) -> dict[str, Any]:
    """Server, extents, GPU and launches of one student, as plain data."""
    seed = f"{salt}\0{student}"
    use = chosen(seed, "use", USES)
    server, gpu, launches = rolled_server(seed, use), *rolled_gpu(seed)
    touched_by, accesses = rolled_extents(seed, use, server["bind_node"])
    return {
        "service": chosen(seed, "service", SERVICES),
        "server": server,
        "touched_by": touched_by,
        "accesses": accesses,
        "gpu": gpu,
        "launches": launches,
    }


# --- the dice ---------------------------------------------------------------------------------------------------------


def rolled(seed: str, what: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    digest = hashlib.sha256(f"{seed}\0{what}".encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def chosen(seed: str, what: str, options: Any) -> Any:
    """One of the options."""
    return list(options)[rolled(seed, what, 0, len(options) - 1)]


def shuffled(seed: str, what: str, options: Any) -> list[Any]:
    """All of the options, in an order of their own."""
    places = sorted(range(len(options)), key=lambda place: rolled(seed, f"{what}\0{place}", 0, 2**60))
    return [options[place] for place in places]


# --- the server -------------------------------------------------------------------------------------------------------


def rolled_server(seed: str, use: str) -> dict[str, Any]:
    """Two sockets of two chiplets; of which two nodes are neighbours, differs."""
    order = shuffled(seed, "sockets", range(NODES))
    socket = {node: place // 2 for place, node in enumerate(order)}
    slow = rolled(seed, "slow node", 0, NODES - 1)  # its memory has fewer channels
    latency_ns = [[0] * NODES for _ in range(NODES)]
    link_gb_per_s = [[0] * NODES for _ in range(NODES)]
    for here in range(NODES):
        latency_ns[here][here] = rolled(seed, f"local {here}", 82, 98)
        for there in range(here):
            near = socket[here] == socket[there]
            low, high = (108, 126) if near else (178, 236)
            latency_ns[here][there] = latency_ns[there][here] = rolled(seed, f"latency {here} {there}", low, high)
            for one, other in ((here, there), (there, here)):  # links need not be as wide in both directions
                low, high = (40, 60) if near else (18, 30)
                link_gb_per_s[one][other] = rolled(seed, f"link {one} {other}", low, high)
    fewest, most = (28, 56) if use == "all use all" else (10, 22)
    memory_gb_per_s = [rolled(seed, f"memory {node}", 84, 110) - 18 * (node == slow) for node in range(NODES)]
    return {
        "name": f"{VENDOR} {chosen(seed, 'server', SERVERS)} {2 * rolled(seed, 'cores', 24, 48)}",
        "latency_s": [[each / GIGA for each in row] for row in latency_ns],
        "memory_bytes_per_s": [each * GIGA for each in memory_gb_per_s],
        "link_bytes_per_s": [[each * GIGA for each in row] for row in link_gb_per_s],
        "outstanding": 4 * rolled(seed, "outstanding", fewest, most),
        "line_bytes": 64,
        "bind_node": rolled(seed, "bind node", 0, NODES - 1),
    }


def rolled_extents(seed: str, use: str, bind_node: int) -> tuple[list[int], list[list[int]]]:
    """Who touches each extent first, and how often each node accesses it."""
    count = [[rolled(seed, f"extent {extent} {node}", 4, 30) for node in range(NODES)] for extent in range(EXTENTS)]
    loader = (bind_node + rolled(seed, "loader", 1, NODES - 1)) % NODES
    touched_by = [loader] * EXTENTS
    owners = shuffled(seed, "owners", [extent % NODES for extent in range(EXTENTS)])
    for extent in range(EXTENTS):
        for node in range(NODES):
            if use == "all use all":
                count[extent][node] = rolled(seed, f"shared {extent} {node}", 190, 260)
            elif node == (owners[extent] if use == "one user each" else bind_node):
                count[extent][node] = rolled(seed, f"own {extent}", 420, 560)
    if use == "one user each":
        touched_by = owners
    return touched_by, [[each * MEGA for each in row] for row in count]


# --- the GPU ----------------------------------------------------------------------------------------------------------


def rolled_gpu(seed: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A GPU, and four launches of the same kernel on it, in any order."""
    limits, *shapes = chosen(seed, "gpu", GPUS.strip().splitlines()).split(" | ")
    warps, blocks, shared_kib, reserved, granularity, latency_ns, access, gb_per_s = map(float, limits.split())
    multiprocessors = 2 * rolled(seed, "multiprocessors", 30, 70)
    gpu = {
        "name": f"{VENDOR} {chosen(seed, 'card', CARDS)}",
        "multiprocessors": multiprocessors,
        "latency_s": latency_ns / GIGA,
        "bandwidth_bytes_per_s": multiprocessors * gb_per_s * GIGA,
        "max_warps": int(warps),
        "max_blocks": int(blocks),
        "registers": 65_536,
        "shared_bytes": 1024 * int(shared_kib),
        "reserved_shared_bytes_per_block": int(reserved),
        "shared_granularity_bytes": int(granularity),
    }
    launches = []
    for letter, shape in zip("ABCD", shuffled(seed, "launches", shapes), strict=True):
        threads, registers, shared_bytes, loads = map(int, shape.split())
        launches.append(
            {
                "launch": letter,
                "threads": threads,
                "registers": registers,
                "shared_bytes": shared_bytes,
                "loads": loads,
                "access_bytes": int(access),
            }
        )
    return gpu, launches
