"""The random profile: many questions of the kinds that are easily answered wrongly, each with its truth.

Truths are exact and owe nothing to dcalc: pieces are rational functions, decided by arithmetic with
infinitesimals from the definition of a derivative, or questions are built around a known answer.
dcalc is asked as its users ask it, by command lines and lines of JSON.

    python -m tests.profile --kind where --count 20000 --seed 1
"""
