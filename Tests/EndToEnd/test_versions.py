"""Versions and aliases, as boto3 and the command line see them."""

import collections
import json
import subprocess
import threading

import botocore.exceptions
import pytest

from conftest import PASS
from harness import BINARIES, ROLE, Server, finished


def machine(comment):
    return json.dumps({**PASS, "Comment": comment})


def published(client, name, count=2):
    arn = client.create_state_machine(
        name=name, definition=machine("1"), roleArn=ROLE, publish=True, versionDescription="first")["stateMachineArn"]
    for number in range(2, count + 1):
        client.update_state_machine(stateMachineArn=arn, definition=machine(str(number)), publish=True)
    return arn


def test_versions_from_publication_to_deletion(client, name):
    arn = published(client, name)
    described = client.describe_state_machine(stateMachineArn=f"{arn}:1")
    assert described["stateMachineArn"] == f"{arn}:1"
    assert described["description"] == "first"
    assert json.loads(described["definition"])["Comment"] == "1"
    assert [v["stateMachineVersionArn"] for v in client.list_state_machine_versions(stateMachineArn=arn)[
        "stateMachineVersions"]] == [f"{arn}:2", f"{arn}:1"]

    execution = client.start_execution(stateMachineArn=f"{arn}:1")["executionArn"]
    assert finished(client, execution)["stateMachineVersionArn"] == f"{arn}:1"
    assert json.loads(client.describe_state_machine_for_execution(executionArn=execution)["definition"])[
        "Comment"] == "1"
    started = client.get_execution_history(executionArn=execution)["events"][0]["executionStartedEventDetails"]
    assert started["stateMachineVersionArn"] == f"{arn}:1"
    assert "stateMachineVersionArn" not in finished(
        client, client.start_execution(stateMachineArn=arn)["executionArn"])

    client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")
    assert client.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"] == f"{arn}:3"
    client.delete_state_machine(stateMachineArn=arn)
    with pytest.raises(client.exceptions.StateMachineDoesNotExist):
        client.describe_state_machine(stateMachineArn=f"{arn}:3")


def test_publishing_checks_the_revision(client, name):
    arn = published(client, name, count=1)
    revision = client.update_state_machine(stateMachineArn=arn, definition=machine("2"))["revisionId"]
    with pytest.raises(client.exceptions.ConflictException) as refused:
        client.publish_state_machine_version(stateMachineArn=arn, revisionId="INITIAL")
    assert revision in str(refused.value)
    for _ in range(2):
        answer = client.publish_state_machine_version(stateMachineArn=arn, revisionId=revision)
        assert answer["stateMachineVersionArn"] == f"{arn}:2"


def test_an_alias_shares_out_starts(client, name):
    arn = published(client, name)
    routes = [{"stateMachineVersionArn": f"{arn}:1", "weight": 20}, {"stateMachineVersionArn": f"{arn}:2", "weight": 80}]
    alias = client.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"]
    assert client.describe_state_machine_alias(stateMachineAliasArn=alias)["routingConfiguration"] == routes
    for _ in range(100):
        client.start_execution(stateMachineArn=alias)
    pages = client.get_paginator("list_executions").paginate(
        stateMachineArn=alias, PaginationConfig={"PageSize": 30})
    listed = [execution for page in pages for execution in page["executions"]]
    assert {execution["stateMachineAliasArn"] for execution in listed} == {alias}
    counts = collections.Counter(execution["stateMachineVersionArn"] for execution in listed)
    assert sum(counts.values()) == 100
    # 20 expected, with a deviation of 4.
    assert 0 < counts[f"{arn}:1"] < 50
    with pytest.raises(client.exceptions.ConflictException):
        client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:1")
    client.delete_state_machine_alias(stateMachineAliasArn=alias)
    client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:1")


def test_one_name_is_one_execution_through_an_alias_too(client, name):
    arn = published(client, name)
    alias = client.create_state_machine_alias(name="live", routingConfiguration=[
        {"stateMachineVersionArn": f"{arn}:1", "weight": 50}, {"stateMachineVersionArn": f"{arn}:2", "weight": 50}])
    waiting = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}})
    for number in (3, 4):
        client.update_state_machine(
            stateMachineArn=arn, definition=json.dumps({**json.loads(waiting), "Comment": str(number)}), publish=True)
    client.update_state_machine_alias(stateMachineAliasArn=alias["stateMachineAliasArn"], routingConfiguration=[
        {"stateMachineVersionArn": f"{arn}:3", "weight": 50}, {"stateMachineVersionArn": f"{arn}:4", "weight": 50}])
    answers = []

    def start():
        answers.append(client.start_execution(stateMachineArn=alias["stateMachineAliasArn"], name="once", input="[1]"))

    threads = [threading.Thread(target=start) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({(answer["executionArn"], answer["startDate"]) for answer in answers}) == 1
    assert len(client.list_executions(stateMachineArn=arn)["executions"]) == 1
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=alias["stateMachineAliasArn"], name="once", input="[2]")
    client.stop_execution(executionArn=answers[0]["executionArn"])


def test_page_tokens_outlive_the_server_and_cannot_be_made(server):
    client = server.client()
    arn = published(client, "pages", count=5)
    page = client.list_state_machine_versions(stateMachineArn=arn, maxResults=2)
    server.stop()
    server.start()
    rest = client.list_state_machine_versions(stateMachineArn=arn, nextToken=page["nextToken"])
    assert [v["stateMachineVersionArn"][-1] for v in rest["stateMachineVersions"]] == ["3", "2", "1"]
    token = page["nextToken"]
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), token + "A", "A" * len(token), "x"):
        with pytest.raises(client.exceptions.InvalidToken):
            client.list_state_machine_versions(stateMachineArn=arn, nextToken=forged)
    with pytest.raises(client.exceptions.InvalidToken):
        client.list_state_machine_aliases(stateMachineArn=arn, nextToken=token)


def test_activities_have_tags(client, name):
    arn = client.create_activity(name=name, tags=[{"key": "team", "value": "a"}])["activityArn"]
    client.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "b"}, {"key": "cost", "value": ""}])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [
        {"key": "team", "value": "b"}, {"key": "cost", "value": ""}]
    client.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "cost", "value": ""}]
    with pytest.raises(client.exceptions.TooManyTags):
        client.tag_resource(resourceArn=arn, tags=[{"key": f"k{n}", "value": ""} for n in range(50)])
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.tag_resource(resourceArn=arn, tags=[{"key": "aws:x", "value": ""}])
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    client.delete_activity(activityArn=arn)


def test_requests_can_be_throttled(broker, tmp_path):
    server = Server(
        tmp_path, broker.url, "throttled", "--throttle", "ListActivities=1/3", "--partition", "aws-cn", "--region",
        "cn-north-1", "--account", "123456789012").start()
    try:
        client = server.client(retries={"max_attempts": 0})
        codes = []
        for _ in range(6):
            try:
                client.list_activities()
                codes.append("OK")
            except botocore.exceptions.ClientError as error:
                codes.append(error.response["Error"]["Code"])
        assert codes[:3] == ["OK"] * 3 and "ThrottlingException" in codes[3:]
        for _ in range(10):
            client.list_state_machines()
        arn = client.create_activity(name="a")["activityArn"]
        assert arn == "arn:aws-cn:states:cn-north-1:123456789012:activity:a"
        made = client.create_state_machine(name="m", definition=json.dumps(PASS), roleArn=ROLE)["stateMachineArn"]
        execution = client.start_execution(stateMachineArn=made)["executionArn"]
        assert execution.startswith("arn:aws-cn:states:cn-north-1:123456789012:execution:m:")
        assert finished(client, execution)["status"] == "SUCCEEDED"
    finally:
        server.stop()


def test_encryption_is_kept_and_shown(client, name):
    key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/mine", "kmsDataKeyReusePeriodSeconds": 60}
    arn = client.create_state_machine(
        name=name, definition=json.dumps(PASS), roleArn=ROLE, encryptionConfiguration=key)["stateMachineArn"]
    assert client.describe_state_machine(stateMachineArn=arn)["encryptionConfiguration"] == key
    client.update_state_machine(stateMachineArn=arn, encryptionConfiguration={"type": "AWS_OWNED_KEY"})
    assert client.describe_state_machine(stateMachineArn=arn)["encryptionConfiguration"] == {"type": "AWS_OWNED_KEY"}
    for broken in ({"type": "CUSTOMER_MANAGED_KMS_KEY"}, {"type": "AWS_OWNED_KEY", "kmsKeyId": "k"}):
        with pytest.raises(client.exceptions.InvalidEncryptionConfiguration):
            client.update_state_machine(stateMachineArn=arn, encryptionConfiguration=broken)


def test_the_command_line(shared_server, name, tmp_path):
    definition = tmp_path / f"{name}.asl.json"

    def run(*arguments, code=0):
        done = subprocess.run(
            [str(BINARIES / "baton"), *arguments, "--endpoint", shared_server.url], capture_output=True, text=True,
            timeout=60)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    for number in (1, 2):
        definition.write_text(machine(str(number)))
        output = run("deploy", str(definition), "--description", f"number {number}", "--alias", "live")
        assert f"published version {number}" in output and f"live leads to version {number}" in output
    definition.write_text(machine("3"))
    assert "published" not in run("deploy", str(definition))
    assert run("version", "publish", name).strip().endswith(f":{name}:3")
    assert run("alias", "route", f"{name}:live", "2=90", "3=10").strip() == (
        f"{name}:live leads to version 2: 90 %, version 3: 10 %")
    run("alias", "create", f"{name}:next", "3", "--description", "soon")
    run("alias", "update", f"{name}:next", "--description", "sooner")
    listed = json.loads(run("alias", "list", name, "--output", "json"))
    assert [alias["name"] for alias in listed] == ["live", "next"] and listed[1]["description"] == "sooner"
    assert "version 2: 90 %" in run("alias", "list", name)
    assert "live" in run("alias", "list", f"{name}:2") and "next" not in run("alias", "list", f"{name}:2")
    assert "succeeded" in run("start", f"{name}:live", "--wait").lower()
    assert len(json.loads(run("list", "--machine", f"{name}:live", "--output", "json"))) == 1
    assert "ConflictException" in run("version", "delete", f"{name}:3", code=1)
    run("alias", "delete", f"{name}:next")
    run("version", "delete", f"{name}:1")
    versions = json.loads(run("version", "list", name, "--output", "json"))
    assert [v["stateMachineVersionArn"].rsplit(":", 1)[1] for v in versions] == ["3", "2"]
    assert "write the state machine before it" in run("version", "delete", name, code=2)


def test_validation_as_sarif(tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.yaml"
    good.write_text(json.dumps(PASS))
    bad.write_text("StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: B\n")
    done = subprocess.run(
        [str(BINARIES / "baton"), "validate", str(good), str(bad), "--output", "sarif"], capture_output=True, text=True,
        timeout=60)
    assert done.returncode == 1
    log = json.loads(done.stdout)
    run = log["runs"][0]
    assert log["version"] == "2.1.0" and run["tool"]["driver"]["name"] == "baton"
    found = [(r["ruleId"], r["level"], r["locations"][0]["physicalLocation"]) for r in run["results"]]
    assert ("MISSING_TRANSITION_TARGET", "error", {
        "artifactLocation": {"uri": bad.as_uri()}, "region": {"startLine": 5, "startColumn": 11}}) in found
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
