"""The core's values as messages of the contract and back, errors as statuses and back: the only such tables.

One file per noun. `X_to_proto` fills what is stored, `X_from_proto` reads it back to an equal value; what the API adds
for people (derived states, gates) is an argument where it is known, or set on the message by the API. Reading raises
InvalidArgument for what makes no sense; `records`, which reads what was stored, turns that into DataLoss. Nothing here
knows who sends or stores the messages.
"""
