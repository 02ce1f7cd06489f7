"""The AWS CLI, unmodified."""

import json

from conftest import PASS
from harness import ROLE, finished


def test_smoke(shared_server, client, name, tmp_path):
    definition = tmp_path / "machine.asl.json"
    definition.write_text(json.dumps(PASS))

    def aws(*arguments):
        code, output, errors = shared_server.aws(*arguments)
        assert code == 0, errors
        return json.loads(output) if output.strip() else None

    arn = aws(
        "create-state-machine", "--name", name, "--definition", f"file://{definition}", "--role-arn", ROLE,
    )["stateMachineArn"]
    execution = aws("start-execution", "--state-machine-arn", arn, "--input", '{"a": 1}')["executionArn"]
    finished(client, execution)
    assert aws("describe-execution", "--execution-arn", execution)["status"] == "SUCCEEDED"
    events = aws("get-execution-history", "--execution-arn", execution)["events"]
    assert [event["id"] for event in events] == [1, 2, 3, 4]
    assert [e["name"] for e in aws("list-executions", "--state-machine-arn", arn)["executions"]] == [
        execution.rsplit(":", 1)[1]]
    aws("delete-state-machine", "--state-machine-arn", arn)
    code, _, errors = shared_server.aws("describe-state-machine", "--state-machine-arn", arn)
    assert code == 254 or code == 255
    assert "StateMachineDoesNotExist" in errors
