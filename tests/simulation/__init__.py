"""The same core in a world that a seed decides: its time, its etcd, its engines, its disks and all that goes wrong.

Real: the use cases, the engines, the decisions, and the whole etcd adapter down to the calls that it sends. Made: what lies
beyond (`world`), who uses it (`people`), what befalls it (`faults`), and the loop (`loop`) that runs every daemon in one process
and nothing twice the same way, unless the seed is the same. What came of it is judged by `invariants`, from what the made
parts recorded themselves.
"""
