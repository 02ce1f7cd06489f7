"""The AWS CLI, unmodified, in one process: reads argument lists from standard input, writes what became of each.

Importing the CLI takes longer than any of its calls.
"""

import contextlib
import io
import json
import sys

import awscli.clidriver


def main():
    driver = awscli.clidriver.create_clidriver()
    for line in sys.stdin:
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            try:
                code = driver.main(json.loads(line))
            except SystemExit as end:
                code = end.code
        print(json.dumps([code, output.getvalue(), errors.getvalue()]), flush=True)


if __name__ == "__main__":
    main()
