"""The Python SDK: what winslowctl, tests and people's own scripts call.

    from winslow.client import Client

    with Client() as winslow:
        run = winslow.runs.start("traffic", overrides={"detect": {"environment": {"SENSITIVITY": "75"}}})
        run = winslow.wait(run)
        for stage in winslow.stages.list("traffic"):
            print(stage.name, dict(stage.results))

Answers are the contract's own messages (`winslow.v1`): there is no second model. Errors are those of `winslow.errors`. A
client may be shared between threads. Importing this package is cheap: gRPC is loaded by the first call.
"""

from winslow.client.address import WINSLOW_ADDRESS, find_address
from winslow.client.facade import Client

__all__ = ["WINSLOW_ADDRESS", "Client", "find_address"]
