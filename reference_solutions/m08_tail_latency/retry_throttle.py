r"""A retry throttle: no retries while too much fails.

Question
    A retry helps when failures are rare and hurts when they are common. How does a client that sees only its own
    results know which it is?
Model
    .. math:: b \leftarrow \min(b + r,\; b_{\max}) \;\text{on success}, \qquad b \leftarrow \max(b - 1,\; 0) \;
        \text{on failure}, \qquad \text{retry} \iff b > b_{\max} / 2

    A bucket of tokens, full in the beginning. A failure takes one token, a success brings :math:`r`. While a share
    :math:`p` of the attempts fails, the bucket drains if :math:`p > (1 - p)\,r`, that is :math:`p > r / (1 + r)`.
Assumes
    Failures that come from overload, so that fewer attempts mend them; every attempt counts, retries among them.
Breaks when
    A client sends too few requests to learn anything, or failures hit one kind of request and not the others.
Source
    gRPC proposal A6, "gRPC Retry Design" (retry throttling), as documented in its service configuration: `maxTokens`,
    `tokenRatio`; retries stop while the count is at or below half.
Oracle
    The rules, played by hand; the break-even share r / (1 + r), from both sides, with outcomes drawn in the test.
"""

from __future__ import annotations

__all__ = ["RetryThrottle"]


class RetryThrottle:
    """A bucket of tokens that decides whether a failed attempt may be retried.

    Parameters
    ----------
    max_tokens : float
        Size of the bucket, which is full in the beginning. [1]
    token_ratio : float
        Tokens that a success brings. [1]

    Attributes
    ----------
    tokens : float
        Tokens that are there now. [1]

    Raises
    ------
    ValueError
        If the size or the ratio is not positive.

    Examples
    --------
    >>> throttle = RetryThrottle(max_tokens=4, token_ratio=0.5)
    >>> throttle.record(succeeded=False)
    >>> throttle.may_retry(), throttle.tokens
    (True, 3.0)
    >>> throttle.record(succeeded=False)
    >>> throttle.may_retry(), throttle.tokens
    (False, 2.0)
    >>> throttle.record(succeeded=True)
    >>> throttle.may_retry(), throttle.tokens
    (True, 2.5)
    """

    def __init__(self, max_tokens: float, token_ratio: float) -> None:
        if not max_tokens > 0 or not token_ratio > 0:
            raise ValueError("the bucket has a size, and a success brings something")
        self.max_tokens = float(max_tokens)
        self.token_ratio = float(token_ratio)
        self._tokens = self.max_tokens

    @property
    def tokens(self) -> float:
        """Tokens that are there now."""
        return self._tokens

    def record(self, succeeded: bool) -> None:
        """Count the outcome of an attempt, the first or a retry.

        Parameters
        ----------
        succeeded : bool
            Whether it succeeded.
        """
        if succeeded:
            self._tokens = min(self._tokens + self.token_ratio, self.max_tokens)
        else:
            self._tokens = max(self._tokens - 1, 0.0)

    def may_retry(self) -> bool:
        """Whether an attempt that failed may be made again: while the bucket is more than half full.

        Returns
        -------
        bool
        """
        return self._tokens > self.max_tokens / 2
