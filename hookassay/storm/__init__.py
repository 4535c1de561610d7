"""Storm: many purchases at once, delivered as fast as is asked for, and the proof that every order converges.

forecast   what is to come: how many purchases, from which seed
stencil    a body cut once for all purchases of one kind, filled for each
script     a lifecycle that is ready to be delivered, and which purchase gets which, in which order
stream     the deliveries of all purchases, one purchase's between another's
postmark   a delivery as bytes, signed when it leaves
outbox     what leaves next, and what comes again until it is acknowledged
receipts   which events of which purchase were acknowledged
histogram  how long answers took, in buckets
tally      what was answered, and when
answer     the beginning of an HTTP answer, read within bounds
client     the connections
proof      the orders, read back
storm      all of it, one after the other
swarm      the same from several processes or machines, by Locust
"""
