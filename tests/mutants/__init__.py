"""Small faults put into the code one by one, each of which a named test must notice: what the proof rests on is watched."""
