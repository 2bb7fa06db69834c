"""Loops and use cases over the ports. They know the core; they know no etcd, no Docker and no gRPC.

leader      what only the leader does: a run's next stages, elections, sweeps
agent       what every node does: see its own stages through, one `attempt` each
janitor     what must not stay: containers, directories and records that nobody owns any more
requests    one effect for one request ID
pipelines, projects, runs, stages, ...      the use cases, each taking the principal who asks
"""
