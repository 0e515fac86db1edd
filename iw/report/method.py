"""What the report says about its own method, for any subject: a heading and a paragraph each."""

METHOD: tuple[tuple[str, str], ...] = (
    (
        "What a belief is",
        "For each warning problem, scenarios that exclude one another and leave nothing out; exactly one of them "
        "holds today. A belief is the probability of each, worked out by Bayes’ rule from graded reports of "
        "indicator events, and from silence where somebody was looking. It is the mean over draws of "
        "the model’s parameters; the 90 % interval is where nine tenths of the draws’ weight lie.",
    ),
    (
        "What it is not",
        "How much more often an indicator fires in one scenario than in another is an elicited judgement, written "
        "down with its author or citation, not a measured law. Problems are modelled separately and may disagree. "
        "Whatever no scenario describes is not in the numbers.",
    ),
    (
        "Words",
        "The words for probabilities are those of Intelligence Community Directive 203, each with its range beside "
        "it. The number is what is stored; the word is read off it. A probability is given in whole percent, and "
        "never as 0 or 100.",
    ),
    (
        "Attention",
        "A warned scenario is said to need attention when the chance that it is in force or comes by the first "
        "forecast that covers the lead time its decision needs is 20 % or more, the upper edge of “very unlikely”. "
        "The warning level rests on another number: the chance that any warned scenario comes within the problem’s "
        "horizon.",
    ),
    (
        "Confidence",
        "Analytic confidence judges the evidence and the fit behind a belief, by a published table: how wide the 90 % "
        "interval is, from how many origins the events come and how much a single one of them gives, how closely the "
        "indicators were watched in the last year, how much may be staged, and whether an accepted fit is in force. "
        "It does not judge the model.",
    ),
    (
        "Forecasts",
        "A forecast is the chance that a scenario is in force today or is visited at any time within so many days. "
        "Several scenarios can be visited in turn, so these chances sum to more than 100 %.",
    ),
    (
        "Questions",
        "A question asks what the log will show in a window. It is forecast each week, and the forecast is recorded. "
        "The log answers it by fixed rules: yes as soon as enough events held genuine lie in the window; void where "
        "gaps that nobody had planned left too little watching, or where a vague date would decide; no when the window "
        "and the usual reporting lag are over. The interval says how far the draws of the parameters disagree.",
    ),
    (
        "What changed and why",
        "A change is split into terms that add up to it: first a new model version or fit, then evidence "
        "that came late or was corrected, in the order of the log, and last the passing of time with its events, "
        "silence and expected change. Another order would give other terms and the same sum. Points are percentage "
        "points; decibans are ten times the decimal logarithm of the factor by which the odds moved, and do not "
        "shrink near 0 and 100 %.",
    ),
    (
        "Grades",
        "The letter grades the source (A reliable to E unreliable), the digit the report (1 confirmed to 5 "
        "improbable). F and 6 mean that it cannot be judged, which is not the worst grade. Together they give the "
        "chance that the event is genuine. Reports that go back to one origin count once, as the best of them; a "
        "denial lowers the chance unless the party would deny it either way.",
    ),
    (
        "The chain head",
        "Every record of the log is linked to the one before it by a keyed hash. The chain head stands for all records "
        "at or below this report’s marking up to the log position. Whoever keeps this report can have the log checked "
        "against it later (iw verify): what was then in the log can have been neither changed nor removed.",
    ),
    (
        "Looking back",
        "History shows the belief as known on each day. Hindsight remains in which facts were chosen and in the "
        "catalogue, which was written later.",
    ),
)
