"""How code is read: syntax trees of five families of languages, and what the code in them means in Stripe's terms.

`node`, `grammar`, `literal`, `call`, `assignment` and `function` read a tree piece by piece; `verification` finds the
calls that verify a delivery. `Code` is one source whose names and calls can be followed, `StripeCode` one that says
what its expressions are to Stripe, and an `Outline` says which functions a file has and whose names it uses.
"""
