r"""Mesh and torus on a chip: how far a packet goes, how long it takes, and where traffic jams.

Question
    Sixty-four tiles talk over a mesh. How far apart are two of them, how long does a packet take when nobody else
    sends, and how much may all of them send?
Model
    Two nodes drawn at random, one after the other, differ by :math:`(k^2 - 1) / 3 k` places on a line of :math:`k`, by
    :math:`k / 4` (even) or :math:`(k^2 - 1) / 4 k` (odd) on a ring. Lines add up; that the two differ multiplies by
    :math:`N / (N - 1)`: a :math:`k \times k` mesh has :math:`2 k / 3` hops. A packet that goes over :math:`h` links
    between routers passes :math:`H = h + 1` routers and, with those to and from the network, :math:`H + 1` links:

    .. math:: T_0 = H t_r + (H + 1) t_w + \lceil L / b \rceil

    With equal chances for every node, also oneself, the link in the middle of a line of :math:`k` carries
    :math:`\lfloor k / 2 \rfloor \lceil k / 2 \rceil / k` of what a node sends, and no other one more. In a torus all
    links of a dimension carry the same, half of its mean distance, since each node has two of them. The fullest link
    bounds what nodes can send, and so does their own.
Assumes
    Packets go first along the row, then along the column, by the shorter way; routers pass a flit on in each cycle.
Breaks when
    Traffic has a direction, or memory controllers sit at an edge (`mesh_hops_to`: their links fill up first); buffers
    are short, so that a real network saturates before this bound.
Source
    Dally, Towles, *Principles and Practices of Interconnection Networks*, Morgan Kaufmann 2004, is the textbook for
    hops, latency without load and bisection; it was not seen, and the equations were derived anew.
Oracle
    Breadth-first search from every node; all packets of all pairs laid over the links of their ways; 4 x 4: 2.6667,
    8 x 8: 5.3333.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference_solutions import validate
from reference_solutions.units import Array

__all__ = ["mesh_hops_to", "mesh_mean_hops", "mesh_sent_bytes_per_s", "mesh_zero_load_cycles"]


def mesh_mean_hops(columns: int, rows: int, torus: bool = False) -> float:
    """Links between the routers of two different nodes, on average over all pairs.

    Parameters
    ----------
    columns, rows : int
        Nodes along and across. [1]
    torus : bool
        Whether the ends of rows and columns are joined.

    Returns
    -------
    float
        Mean distance. [1]

    Raises
    ------
    ValueError
        If there are not two nodes.

    Examples
    --------
    >>> round(mesh_mean_hops(4, 4), 4), round(mesh_mean_hops(8, 8), 4), round(mesh_mean_hops(8, 8, torus=True), 4)
    (2.6667, 5.3333, 4.0635)
    """
    nodes = columns * rows
    if columns < 1 or rows < 1 or nodes < 2:
        raise ValueError("a network has two nodes at least")
    along = [(k * k - k * k % 2) / (4 * k) if torus else (k * k - 1) / (3 * k) for k in (columns, rows)]
    return sum(along) * nodes / (nodes - 1)


def mesh_hops_to(columns: int, rows: int, places: ArrayLike, torus: bool = False) -> Array:
    """Distance of each node from places, such as memory controllers, on average over these.

    Parameters
    ----------
    columns, rows : int
        Nodes along and across. [1]
    places : (P, 2) array_like of int
        Column and row of the node at which each place is.
    torus : bool
        Whether the ends of rows and columns are joined.

    Returns
    -------
    (rows, columns) ndarray
        Mean distance of each node from all places. [1]

    Raises
    ------
    ValueError
        If there is no node, or a place is not one.

    Examples
    --------
    Controllers at two corners:

    >>> mesh_hops_to(3, 2, [[0, 0], [2, 0]]).tolist()
    [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]
    """
    size, where = np.asarray([columns, rows]), np.asarray(places, dtype=np.int64)
    if np.any(size < 1) or where.ndim != 2 or where.shape[0] < 1 or np.any((where < 0) | (where >= size)):
        raise ValueError("places are nodes: a column and a row of the network each")
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    apart = np.abs(np.stack([column, row], axis=-1)[..., np.newaxis, :] - where)
    shorter = np.minimum(apart, size - apart) if torus else apart
    hops: Array = shorter.sum(axis=-1).mean(axis=-1)
    return hops


def mesh_zero_load_cycles(
    hops: ArrayLike, router_cycles: ArrayLike, link_cycles: ArrayLike, packet_bytes: ArrayLike, flit_bytes: ArrayLike
) -> Array:
    """Time of a packet from one node to another while nobody else sends; the arguments broadcast.

    Parameters
    ----------
    hops : (...) array_like
        Links between routers on its way; a mean will do. [1]
    router_cycles, link_cycles : (...) array_like
        Time through a router, and over a link. [cycle]
    packet_bytes : (...) array_like of int
        Length of the packet. [B]
    flit_bytes : (...) array_like of int
        What a link carries in a cycle. [B]

    Returns
    -------
    (...) ndarray
        From the first flit that leaves its node to the last that has arrived. [cycle]

    Raises
    ------
    ValueError
        If a packet or flit is empty, or another number is negative.

    Examples
    --------
    Six hops, routers of three cycles, links of one, a cache line in flits of 16 bytes:

    >>> float(mesh_zero_load_cycles(6, 3, 1, 64, 16))
    33.0
    """
    validate.require_positive(packet_bytes=packet_bytes, flit_bytes=flit_bytes)
    way = [np.asarray(one, dtype=float) for one in (hops, router_cycles, link_cycles)]
    if any(np.any(one < 0) for one in way):
        raise ValueError("ways and times are not negative")
    links, router, link = way
    cycles: Array = (links + 1) * router + (links + 2) * link + np.ceil(np.divide(packet_bytes, flit_bytes))
    return cycles


def mesh_sent_bytes_per_s(columns: int, rows: int, link_bytes_per_s: ArrayLike, torus: bool = False) -> Array:
    """The most that each node can send if all send evenly to all nodes.

    Parameters
    ----------
    columns, rows : int
        Nodes along and across. [1]
    link_bytes_per_s : (...) array_like
        What a link carries, in one direction. [B/s]
    torus : bool
        Whether the ends of rows and columns are joined.

    Returns
    -------
    (...) ndarray
        Bound by the links across the middle, and by a node's own. [B/s]

    Raises
    ------
    ValueError
        If there are not two nodes, or a link carries nothing.

    Examples
    --------
    Eight lines across the middle of 64 nodes, a quarter of whose traffic goes over each half of it:

    >>> float(mesh_sent_bytes_per_s(8, 8, 32e9)) / 1e9, float(mesh_sent_bytes_per_s(8, 8, 32e9, torus=True)) / 1e9
    (16.0, 32.0)
    """
    validate.require_positive(link_bytes_per_s=link_bytes_per_s)
    if columns < 1 or rows < 1 or columns * rows < 2:
        raise ValueError("a network has two nodes at least")
    bounds = [1.0]  # a node's own link
    for along in (columns, rows):
        if torus and along > 2:
            bounds.append(8 * along / (along * along - along * along % 2))
        elif along > 1:
            bounds.append(along / ((along // 2) * (along - along // 2)))
    sent: Array = np.asarray(link_bytes_per_s, dtype=float) * min(bounds)
    return sent
