"""Generated stubs of etcd.proto; `scripts/proto` makes them anew."""
