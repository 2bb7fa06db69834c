"""etcd, as the engines need it: the store of records, and a daemon's membership of its cluster.

    client      a connected etcd: channels (failover, login), kv, watch
    session     a lease kept alive; what hangs on it ends no later than it
    lock        claims, of which the oldest holds: leader and locks
    store       implements winslow.ports.Store
    membership  implements winslow.ports.Membership
    maintenance implements winslow.ports.Upkeep

What a record means, who may lead and what a leader does is not known here.
"""
