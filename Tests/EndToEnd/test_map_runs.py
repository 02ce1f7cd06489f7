"""Distributed Map on buckets that are folders: formats, batches, tolerated failures, results, the API, and kill -9."""

import itertools
import json
import sqlite3

import pytest

from conftest import create
from harness import Server, persistently, wait_until

names = itertools.count()


@pytest.fixture
def bucket(tmp_path):
    folder = tmp_path / "bucket"
    folder.mkdir()
    return folder


@pytest.fixture
def server(broker, tmp_path, bucket):
    server = Server(tmp_path / "server", broker.url, f"map{next(names)}", "--bucket", f"data={bucket}").start()
    yield server
    if server.process.poll() is None:
        server.kill()


def machine(processor, mode="STANDARD", **fields):
    return {
        "StartAt": "Map", "States": {"Map": {
            "Type": "Map", "Label": "Items", "End": True, "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": mode}, "StartAt": "Item",
                "States": {"Item": {**processor, "End": True}}}, **fields}}}


def reader(key, **configuration):
    return {
        "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": configuration,
        "Parameters": {"Bucket": "data", "Key": key}}


PASS = {"Type": "Pass"}


def run(client, definition, given=None, timeout=60):
    arn = create(client, f"map-{next(names)}", definition)
    execution = client.start_execution(stateMachineArn=arn, input=json.dumps(given or {}))["executionArn"]
    return wait(client, execution, timeout)


def wait(client, execution, timeout=60):
    def ended():
        described = persistently(lambda: client.describe_execution(executionArn=execution))
        return described if described["status"] != "RUNNING" else None

    return wait_until(f"{execution} ended", ended, timeout)


@pytest.mark.parametrize("key, text, configuration, items", [
    ("a.json", '[1, {"b": 2}]', {"InputType": "JSON"}, [1, {"b": 2}]),
    ("b.json", '{"x": {"y": [3]}}', {"InputType": "JSON", "ItemsPointer": "/x/y"}, [3]),
    ("c.jsonl", '{"a": 1}\n\n{"a": 2}\n', {"InputType": "JSONL"}, [{"a": 1}, {"a": 2}]),
    ("d/e.csv", 'a,b\n1,"2,3"\n', {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, [{"a": "1", "b": "2,3"}]),
    ("f.csv", "1;2\n3;4\n", {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x", "y"],
                             "CSVDelimiter": "SEMICOLON", "MaxItems": 1}, [{"x": "1", "y": "2"}]),
])
def test_formats(server, bucket, key, text, configuration, items):
    (bucket / key).parent.mkdir(exist_ok=True)
    (bucket / key).write_text(text)
    ended = run(server.client(), machine(PASS, ItemReader=reader(key, **configuration)))
    assert json.loads(ended["output"]) == items, ended


def test_a_listing_is_items(server, bucket):
    for name in ["p/1", "p/2", "q/3"]:
        (bucket / name).parent.mkdir(exist_ok=True)
        (bucket / name).write_text(name)
    listing = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "data", "Prefix": "p/"}}
    ended = run(server.client(), machine(PASS, ItemReader=listing))
    assert [(item["Key"], item["Size"]) for item in json.loads(ended["output"])] == [("p/1", 3), ("p/2", 3)]


def test_what_cannot_be_read_says_why(server):
    ended = run(server.client(), machine(PASS, ItemReader=reader("none.json", InputType="JSON")))
    assert ended["error"] == "States.ItemReaderFailed" and "key does not exist" in ended["cause"]


@pytest.mark.parametrize("value, index, given", [
    ("{% $states.context.Map.Item.Value %}", "{% $states.context.Map.Item.Index %}", "{% $states.input.by %}"),
    ("$$.Map.Item.Value", "$$.Map.Item.Index", "$.by"),
])
def test_items_are_selected(server, value, index, given):
    language, suffix = ("JSONata", "") if value.startswith("{%") else ("JSONPath", ".$")
    items = {"Items": "{% $states.input.items %}"} if language == "JSONata" else {"ItemsPath": "$.items"}
    definition = machine(PASS, ItemSelector={"v" + suffix: value, "i" + suffix: index, "by" + suffix: given}, **items)
    ended = run(server.client(), {"QueryLanguage": language, **definition}, {"items": ["a", [2], {}], "by": "me"})
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"]) == [
        {"v": value, "i": index, "by": "me"} for index, value in enumerate(["a", [2], {}])]


def test_batches_and_express_children(server, bucket):
    (bucket / "n.json").write_text(json.dumps(list(range(5))))
    client = server.client()
    ended = run(client, machine(
        PASS, "EXPRESS", ItemReader=reader("n.json", InputType="JSON"),
        ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"k.$": "$.k"}}), {"k": "v"})
    assert json.loads(ended["output"]) == [
        {"BatchInput": {"k": "v"}, "Items": items} for items in ([0, 1], [2, 3], [4])]
    [found] = client.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    children = client.list_executions(mapRunArn=found["mapRunArn"])["executions"]
    assert [child["itemCount"] for child in children] == [1, 2, 2]
    assert all(":express:" in child["executionArn"] for child in children)


def test_results_go_to_a_bucket_and_failures_are_tolerated(server, bucket):
    choice = machine(
        {"Type": "Pass"}, ToleratedFailurePercentage=50,
        ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data", "Prefix": "out"}})
    choice["States"]["Map"]["ItemProcessor"] = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Odd", "States": {
            "Odd": {"Type": "Choice", "Default": "Good",
                    "Choices": [{"Variable": "$", "NumericGreaterThan": 2, "Next": "Bad"}]},
            "Good": {"Type": "Succeed"}, "Bad": {"Type": "Fail", "Error": "TooMuch", "Cause": "more than 2"}}}
    client = server.client()
    ended = run(client, choice, [1, 2, 3, 4])
    details = json.loads(ended["output"])
    manifest = json.loads((bucket / details["ResultWriterDetails"]["Key"]).read_text())
    files = {kind: [json.loads((bucket / file["Key"]).read_text()) for file in found]
             for kind, found in manifest["ResultFiles"].items()}
    assert [child["Output"] for child in files["SUCCEEDED"][0]] == ["1", "2"]
    assert [child["Error"] for child in files["FAILED"][0]] == ["TooMuch", "TooMuch"] and files["PENDING"] == []
    described = client.describe_map_run(mapRunArn=details["MapRunArn"])
    assert described["status"] == "SUCCEEDED" and described["itemCounts"]["failed"] == 2
    assert described["itemCounts"]["resultsWritten"] == 4 and described["toleratedFailurePercentage"] == 50

    [reached] = [run(client, {**choice, "Comment": "again"}, [3, 4, 5, 1])]
    assert reached["error"] == "States.ExceedToleratedFailureThreshold"


def test_the_api_of_map_runs(server):
    client = server.client()
    activity = client.create_activity(name="held")["activityArn"]
    arn = create(client, "held", machine({"Type": "Task", "Resource": activity}, MaxConcurrency=1))
    execution = client.start_execution(stateMachineArn=arn, input="[1,2,3]")["executionArn"]
    [found] = client.list_map_runs(executionArn=execution)["mapRuns"]
    assert found["executionArn"] == execution and found["stateMachineArn"] == arn
    run_arn = found["mapRunArn"]
    assert ":mapRun:held/Items:" in run_arn

    def counts():
        return client.describe_map_run(mapRunArn=run_arn)["itemCounts"]

    assert counts()["running"] == 1 and counts()["pending"] == 2
    client.update_map_run(mapRunArn=run_arn, maxConcurrency=2, toleratedFailureCount=3)
    wait_until("two run", lambda: counts()["running"] == 2)
    described = client.describe_map_run(mapRunArn=run_arn)
    assert described["maxConcurrency"] == 2 and described["toleratedFailureCount"] == 3
    [child, _] = client.list_executions(mapRunArn=run_arn, statusFilter="RUNNING")["executions"]
    shown = client.describe_execution(executionArn=child["executionArn"])
    assert shown["mapRunArn"] == run_arn and shown["stateMachineArn"] == arn + "/Items"
    assert [e["executionArn"] for e in client.list_executions(stateMachineArn=arn)["executions"]] == [execution]
    client.stop_execution(executionArn=execution)
    wait_until("all are aborted", lambda: counts()["aborted"] == 2)
    assert client.describe_map_run(mapRunArn=run_arn)["status"] == "ABORTED"

    with pytest.raises(client.exceptions.ResourceNotFound):
        client.describe_map_run(mapRunArn=run_arn + "x")
    with pytest.raises(client.exceptions.InvalidArn):
        client.describe_map_run(mapRunArn=arn)
    for change in ({}, {"maxConcurrency": 1}):
        with pytest.raises(client.exceptions.ValidationException):
            client.update_map_run(mapRunArn=run_arn, **change)


def test_kill_9_loses_and_doubles_no_item(server, bucket, workers):
    count = 400
    (bucket / "items.jsonl").write_text("".join(json.dumps({"n": n}) + "\n" for n in range(count)))
    client = server.client()
    activity = client.create_activity(name="once")["activityArn"]
    arn = create(client, "many", machine(
        {"Type": "Task", "Resource": activity}, MaxConcurrency=40, ItemReader=reader("items.jsonl", InputType="JSONL"),
        ResultSelector={"done.$": "States.ArrayLength($)", "last.$": "$[399].n"}))
    workers(server, ["once"], count=2, delay=0.002)
    execution = client.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
    for share in (5, 30, 60, 90):
        def progress():
            if client.describe_execution(executionArn=execution)["status"] != "RUNNING":
                return True
            runs = client.list_map_runs(executionArn=execution)["mapRuns"]
            done = runs and client.describe_map_run(mapRunArn=runs[0]["mapRunArn"])["itemCounts"]["succeeded"]
            return bool(runs) and done >= count * share / 100

        wait_until(f"{share} % are done", lambda: persistently(progress), timeout=60)
        server.kill()
        server.start()
    ended = wait(client, execution, timeout=120)
    assert json.loads(ended["output"]) == {"done": count, "last": count - 1}, ended
    [found] = client.list_map_runs(executionArn=execution)["mapRuns"]
    described = client.describe_map_run(mapRunArn=found["mapRunArn"])
    assert described["executionCounts"]["succeeded"] == described["executionCounts"]["total"] == count
    ledger = sqlite3.connect(workers.ledger)
    inputs = [json.loads(row[0])["n"] for row in ledger.execute("SELECT input FROM effects")]
    assert sorted(inputs) == list(range(count))
