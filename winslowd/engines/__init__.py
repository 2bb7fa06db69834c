"""Loops over the ports. They know the core; they know no etcd, no Docker and no gRPC.

leader      what only the leader does: a run's next stages, elections, sweeps
agent       what every node does: see its own stages through, one `attempt` each
finishing   what follows an end: output shown, container gone, journal closed
standby     containers made ready before their turn, of the recipe in `containers`
quiet       what can wait until nothing is being started
patience    trying again until a part can be reached
janitor     what must not stay: deleted projects and all they own
caretaker   what the store needs: history forgotten, room given back, a full one mended
"""
