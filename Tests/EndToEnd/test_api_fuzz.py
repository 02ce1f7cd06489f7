"""Random requests from the service model. `make fuzz-api REQUESTS=100000` sends more of them."""

import os
import random

from api_fuzz import Fuzzer


def test_random_requests(server):
    count = int(os.environ.get("REQUESTS", "3000"))
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(2**32)))
    fuzzer = Fuzzer(server.port, count, seed, connections=4)
    failures = fuzzer.run()
    print(f"{count} requests, seed {seed}\n{fuzzer.summary()}")
    assert not failures, f"seed {seed}: {len(failures)} failures\n" + "\n".join(failures[:10])
    assert fuzzer.outcomes["OK"] > count / 10, "the requests are too broken to reach anything"
    assert server.get("/health/ready")[0] == 200
