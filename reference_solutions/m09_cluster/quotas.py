r"""Quotas that may be borrowed, and jobs that have to go when their owner wants them back.

Question
    Each team has a quota of GPUs, and nobody wants idle ones. Who may use what others leave, and which jobs must end
    when these others come?
Model
    Teams form a cohort. With :math:`u_q` in use, :math:`n_q` the nominal quota, :math:`b_q` the most that :math:`q` may
    borrow, a job of :math:`g` GPUs is admitted if

    .. math:: u_q + g \le n_q + b_q \qquad \text{and} \qquad \sum_p u_p + g \le \sum_p n_p.

    If only the second fails and the job stays within its own quota, :math:`u_q + g \le n_q`, jobs of teams that borrow
    are preempted: lowest priority first, of equals the last to be admitted; of each team only while it borrows. Then
    those are spared without whose end the job fits as well, the last chosen first. If even all do not suffice, nothing
    happens.
Assumes
    Any GPUs will do; a preempted job gives back at once.
Breaks when
    Preempted jobs lose hours (see `checkpointing`), gangs do not fit where GPUs are free, or a team never borrows back.
Source
    After Kueue's cohorts (kueue.sigs.k8s.io, concepts: cluster queue; preemption, classic): nominal quotas, borrowing
    limits, candidates from queues that borrow, the lowest priority first, of these the last admitted. Simplified: one
    resource, reclaim from anybody who borrows, no preemption within a team, no lending limits.
Oracle
    Every subset of jobs, tried: no smaller set of victims among those chosen suffices; quotas held by random traffic.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["QuotaCohort"]


class QuotaCohort:
    """Teams that share GPUs: quotas, borrowing, and preemption of those who borrow.

    Parameters
    ----------
    nominal : mapping of str to int
        Quota of each team. [GPUs]
    borrowing : mapping of str to int
        How much more than its quota each team may use. [GPUs]

    Raises
    ------
    ValueError
        If a number is negative, or not the same teams have quotas and limits.

    Examples
    --------
    >>> cohort = QuotaCohort({"red": 8, "blue": 8}, {"red": 8, "blue": 0})
    >>> cohort.admit("r1", "red", 8, priority=1), cohort.admit("r2", "red", 4, priority=5)
    ([], [])
    >>> cohort.admit("b1", "blue", 8, priority=0), cohort.used("red")
    (['r1'], 4)
    """

    def __init__(self, nominal: Mapping[str, int], borrowing: Mapping[str, int]) -> None:
        if set(nominal) != set(borrowing) or any(one < 0 for one in [*nominal.values(), *borrowing.values()]):
            raise ValueError("each team has a quota and a limit, and none is negative")
        self.nominal = dict(nominal)
        self.borrowing = dict(borrowing)
        self._jobs: dict[str, tuple[str, int, int]] = {}

    def used(self, team: str) -> int:
        """GPUs that a team uses now.

        Parameters
        ----------
        team : str
            Of the cohort.

        Returns
        -------
        int
            In use. [GPUs]
        """
        return sum(gpus for owner, gpus, _ in self._jobs.values() if owner == team)

    def borrowed(self, team: str) -> int:
        """GPUs that a team uses beyond its quota.

        Parameters
        ----------
        team : str
            Of the cohort.

        Returns
        -------
        int
            Borrowed. [GPUs]
        """
        return max(0, self.used(team) - self.nominal[team])

    def finish(self, job: str) -> None:
        """Give back what a job has held; nothing happens if it does not run.

        Parameters
        ----------
        job : str
            Its name.
        """
        self._jobs.pop(job, None)

    def admit(self, job: str, team: str, gpus: int, priority: int) -> list[str] | None:
        """Start a job if it may, and preempt for it those who borrow.

        Parameters
        ----------
        job : str
            Its name.
        team : str
            Its owner.
        gpus : int
            What it needs. [GPUs]
        priority : int
            The higher, the later it is preempted. [1]

        Returns
        -------
        list of str or None
            Names of the jobs that were preempted, in the order in which they were chosen; None if it must wait, and
            then nothing has changed.

        Raises
        ------
        ValueError
            If it needs no GPU, there is no such team, or the job runs already.
        """
        if gpus < 1 or team not in self.nominal or job in self._jobs:
            raise ValueError("a new job of a team needs a GPU")
        if self.used(team) + gpus > self.nominal[team] + self.borrowing[team]:
            return None
        missing = sum(held for _, held, _ in self._jobs.values()) + gpus - sum(self.nominal.values())
        victims: list[str] = []
        if missing > 0 and self.used(team) + gpus <= self.nominal[team]:
            over = {other: self.borrowed(other) for other in self.nominal if other != team}
            latest_first = list(self._jobs)[::-1]
            for name in sorted(latest_first, key=lambda one: self._jobs[one][2]):
                owner, held, _ = self._jobs[name]
                if missing > 0 and over.get(owner, 0) > 0:
                    victims.append(name)
                    over[owner] -= held
                    missing -= held
            for name in victims[::-1]:
                if missing + self._jobs[name][1] <= 0:
                    victims.remove(name)
                    missing += self._jobs[name][1]
        if missing > 0:
            return None
        for name in victims:
            self.finish(name)
        self._jobs[job] = (team, gpus, priority)
        return victims
