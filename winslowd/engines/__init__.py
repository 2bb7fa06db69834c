"""Loops and use cases over the ports. They know the core; they know no etcd, no Docker and no gRPC.

leader      what only the leader does: a run's next stages, elections, sweeps
agent       what every node does: see its own stages through, one `attempt` each
janitor     what must not stay: containers, directories and records that nobody owns any more
requests    one effect for one request ID
usecases    all of the use cases, each taking the principal who asks: pipelines, projects, runs, sweeps, stages,
            comparing, nodes, settings, files, uploads, logs, events
beginnings, derived, given, known, listing, refusals    what use cases share, each for one of their steps
"""
