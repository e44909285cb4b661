"""The decision itself: facts in, ranking out. Pure arithmetic; reads no file, knows no option and no question.

A weighted additive score ranks the options (Keeney and Raiffa, *Decisions with Multiple Objectives*, 1976). How much
the ranking depends on the weights and on what is not known is measured by SMAA-2: the share of weight vectors, and of
answers still open, under which an option comes first (Lahdelma and Salminen, "SMAA-2: Stochastic Multicriteria
Acceptability Analysis for Group Decision Making", Operations Research 49(3), 2001, eq. 5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bot.deciding.decision import Decision, Reason, Standing, TippingPoint, Unanswered

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from bot.deciding.rubric_model import Rubric, Weighing

__all__ = ["Scorecard"]

SAMPLES = 4096
"""Draws of weights and open answers: a share of one half is then known to within 0.016 (two standard errors)."""
SEED = 20011
# A score of -2 to +2, weighted, becomes 0 to 100.
POINTS_PER_SCORE = 25.0
MIDDLE = 50.0
# Sums of the same addends in another order differ by rounding; options nearer than this are level.
TIE = 1e-9
SHARE_DECIMALS = 3
SCORE_DECIMALS = 1


class Scorecard:
    """One decision of a rubric, ready to be computed with.

    Everything is computed in an order of ids, so that the order in the file changes nothing, and the draws are numpy's
    `RandomState`, whose stream is frozen for good (NEP 19), so that a replay elsewhere agrees.

    Args:
        rubric: The rubric.
        decision: Id of the decision.
        options: Ids of its options.
        samples: Draws for `first_share`.
    """

    def __init__(self, rubric: Rubric, decision: str, options: Sequence[str], samples: int = SAMPLES) -> None:
        weighings = rubric.decisions[decision]
        self.decision = decision
        self.options = tuple(options)
        self.criteria = tuple(sorted(weighings.criteria))
        self.levels = {c: tuple(rubric.criteria[c].levels) for c in self.criteria}
        self._clear_from = weighings.clear_from
        self._ordinal = {c: rubric.criteria[c].ordinal for c in self.criteria}
        self._weighings = weighings.criteria
        self._points = {c: self._table(weighings.criteria[c], c) for c in self.criteria}
        draw = np.random.RandomState(SEED)
        stated = np.array([weighings.criteria[c].weight for c in self.criteria])
        weights = draw.dirichlet(stated * weighings.concentration, size=samples)
        # Relative to the stated weight, for the points hold that already.
        self._relative = {c: weights[:, n] / stated[n] for n, c in enumerate(self.criteria)}
        self._drawn = {c: draw.randint(len(self.levels[c]), size=samples) for c in self.criteria}
        self._is_drawn = {
            c: (self._drawn[c][None, :] == np.arange(len(self.levels[c]))[:, None]).astype(float) for c in self.criteria
        }
        self._open = {c: self._relative[c][:, None] * self._points[c][self._drawn[c]] for c in self.criteria}

    def decide(self, facts: Mapping[str, str], skip: Collection[str] = ()) -> Decision:
        """Ranks the options.

        Args:
            facts: Criterion to level; criteria of other decisions are passed over.
            skip: Criteria not to ask about: the user does not know.

        Raises:
            KeyError: A fact has a level that its criterion does not have.
        """
        known = {c: facts[c] for c in self.criteria if c in facts}
        at = {c: self._level(c, level) for c, level in known.items()}
        unknown = tuple(c for c in self.criteria if c not in known)
        scores = self._scores(at)
        low = scores + _total([self._points[c].min(axis=0) for c in unknown], len(self.options))
        high = scores + _total([self._points[c].max(axis=0) for c in unknown], len(self.options))
        firsts = self._firsts(at, unknown)
        shares = firsts.mean(axis=0)
        order = sorted(
            range(len(self.options)), key=lambda n: (-round(float(scores[n]), 9), -shares[n], self.options[n])
        )
        ranking = tuple(
            Standing(
                self.options[n],
                _rounded(scores[n]),
                _rounded(max(low[n], 0.0)),
                _rounded(min(high[n], 100.0)),
                round(float(shares[n]), SHARE_DECIMALS) + 0.0,
            )
            for n in order
        )
        first, second = order[0], order[1]
        margin = float(scores[first] - scores[second])
        open_questions = self._questions(at, scores, unknown, firsts)
        return Decision(
            decision=self.decision,
            facts=known,
            ranking=ranking,
            tied=self._leaders(scores),
            margin=_rounded(margin),
            clear_winner=margin > TIE and ranking[0].first_share >= self._clear_from,
            reasons=self._reasons(at, first, second),
            unknown=unknown,
            questions=tuple(q for q in open_questions if q.criterion not in skip),
            settled=not open_questions,
            tipping_points=self._tipping_points(at, scores),
        )

    def winners(self, facts: Mapping[str, str]) -> tuple[str, ...]:
        """The option or, when level, the options that come first; without all the rest of `decide`."""
        at = {c: self._level(c, level) for c, level in facts.items() if c in self.levels}
        return self._leaders(self._scores(at))

    def lead(self, facts: Mapping[str, str], option: str) -> float:
        """Points by which an option leads the best of the others; negative when it is behind."""
        scores = self._scores({c: self._level(c, level) for c, level in facts.items() if c in self.levels})
        own = self.options.index(option)
        return float(scores[own] - np.delete(scores, own).max())

    def evidence(self, criterion: str, option: str, level: str) -> tuple[str, ...]:
        """Names of the quotes behind a score."""
        cell = self._weighings[criterion].scores.get(option, {}).get(level)
        return cell.evidence if cell else ()

    def points(self, criterion: str, level: str) -> dict[str, float]:
        """Points that a level gives each option."""
        row = self._points[criterion][self._level(criterion, level)]
        return {option: _rounded(value) for option, value in zip(self.options, row, strict=True)}

    def _table(self, weighing: Weighing, criterion: str) -> NDArray[np.float64]:
        """Points by level and option, shape (levels, options), at the stated weight."""
        scores = [[weighing.score(option, level) for option in self.options] for level in self.levels[criterion]]
        return np.array(scores, dtype=float) * (weighing.weight * POINTS_PER_SCORE)

    def _level(self, criterion: str, level: str) -> int:
        if level not in self.levels[criterion]:
            raise KeyError(f"{criterion} has no level {level!r}")
        return self.levels[criterion].index(level)

    def _scores(self, at: Mapping[str, int]) -> NDArray[np.float64]:
        return MIDDLE + _total([self._points[c][at[c]] for c in sorted(at)], len(self.options))

    def _firsts(self, at: Mapping[str, int], unknown: Sequence[str]) -> NDArray[np.float64]:
        """Who comes first in each draw, shape (samples, options); a tie is split among those level."""
        totals = np.zeros((len(next(iter(self._relative.values()))), len(self.options)))
        for c in self.criteria:
            totals += self._open[c] if c in unknown else self._relative[c][:, None] * self._points[c][at[c]]
        best = totals >= totals.max(axis=1, keepdims=True) - TIE
        shares: NDArray[np.float64] = best / best.sum(axis=1, keepdims=True)
        return shares

    def _leaders(self, scores: NDArray[np.float64]) -> tuple[str, ...]:
        return tuple(sorted(self.options[n] for n in np.flatnonzero(scores >= scores.max() - TIE)))

    def _reasons(self, at: Mapping[str, int], first: int, second: int) -> tuple[Reason, ...]:
        found = []
        for c, level in at.items():
            row = self._points[c][level]
            name = self.levels[c][level]
            evidence = self.evidence(c, self.options[first], name) or self.evidence(c, self.options[second], name)
            lead = float(row[first] - row[second])
            found.append(Reason(c, name, _rounded(float(row[first])), _rounded(lead), evidence))
        return tuple(sorted(found, key=lambda r: (-r.lead, -r.points, r.criterion)))

    def _questions(
        self,
        at: Mapping[str, int],
        scores: NDArray[np.float64],
        unknown: Sequence[str],
        firsts: NDArray[np.float64],
    ) -> tuple[Unanswered, ...]:
        now = self._leaders(scores)
        winners = {c: {lv: self._leaders(scores + row) for lv, row in self._rows(c)} for c in unknown}
        # An answer that only brings a further option level with the first changes nothing yet.
        telling = [c for c in unknown if any(not set(now) <= set(then) for then in winners[c].values())]
        if len(now) > 1:
            telling = [c for c in unknown if any(set(then) != set(now) for then in winners[c].values())]
        telling = telling or self._jointly_telling(scores, unknown)
        found = [Unanswered(c, self._gain(c, firsts), winners[c]) for c in telling]
        return tuple(sorted(found, key=lambda q: (-q.gain, q.criterion)))

    def _jointly_telling(self, scores: NDArray[np.float64], unknown: Sequence[str]) -> list[str]:
        """Criteria that change who comes first only together with others; none when nothing does.

        For each rival the answers are taken that favour it most. If it then leads, the answers are turned one by one
        from those that favour the present first: the one at which the lead changes hands is telling.
        """
        now = int(np.argmax(scores))
        found: dict[str, None] = {}
        for rival in range(len(self.options)):
            if rival == now:
                continue
            gaps = {c: self._points[c][:, rival] - self._points[c][:, now] for c in unknown}
            best = {c: int(np.argmax(gap)) for c, gap in gaps.items()}
            there = scores + _total([self._points[c][best[c]] for c in sorted(best)], len(self.options))
            if there[rival] <= there[now] + TIE:
                continue
            worst = {c: int(np.argmin(gap)) for c, gap in gaps.items()}
            path = scores + _total([self._points[c][worst[c]] for c in sorted(worst)], len(self.options))
            leaders = self._leaders(path)
            for c in sorted(unknown, key=lambda c: (-np.ptp(gaps[c]), c)):
                path = path - self._points[c][worst[c]] + self._points[c][best[c]]
                if self._leaders(path) != leaders:
                    found[c] = None
                leaders = self._leaders(path)
        return list(found)

    def _gain(self, criterion: str, firsts: NDArray[np.float64]) -> float:
        """Mutual information, in bits, between the answer and who comes first, over the draws."""
        joint = self._is_drawn[criterion] @ firsts / len(firsts)
        return max(_entropy(joint.sum(axis=0)) + _entropy(joint.sum(axis=1)) - _entropy(joint.ravel()), 0.0)

    def _rows(self, criterion: str) -> list[tuple[str, NDArray[np.float64]]]:
        return list(zip(self.levels[criterion], self._points[criterion], strict=True))

    def _tipping_points(self, at: Mapping[str, int], scores: NDArray[np.float64]) -> tuple[TippingPoint, ...]:
        now = self._leaders(scores)
        found = []
        for c, here in at.items():
            for there, row in enumerate(self._points[c]):
                changed = scores - self._points[c][here] + row
                leaders = self._leaders(changed)
                if set(leaders) & set(now) or there == here:
                    continue
                steps = abs(there - here) if self._ordinal[c] else 1
                lead = float(np.ptp(np.partition(changed, -2)[-2:]))
                levels = self.levels[c]
                found.append((steps, -lead, TippingPoint(c, levels[here], levels[there], leaders, steps)))
        found.sort(key=lambda f: (f[0], round(f[1], 9), f[2].criterion, f[2].after))
        return tuple(point for _, _, point in found)


def _total(rows: Sequence[NDArray[np.float64]], width: int) -> NDArray[np.float64]:
    total = np.zeros(width)
    for row in rows:
        total += row
    return total


def _entropy(shares: NDArray[np.float64]) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())


def _rounded(value: float) -> float:
    return round(float(value), SCORE_DECIMALS) + 0.0  # no minus zero
