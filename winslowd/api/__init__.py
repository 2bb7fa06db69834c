"""The API: thin gRPC services of three moves, decode, use case, encode. They decide nothing.

call         who asks, and the request's fingerprint
interceptor  errors to statuses, around every call
encoding     what use cases show, as messages
server       builds and serves it all; the other modules are the services, one a file
"""
