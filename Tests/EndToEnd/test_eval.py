"""`baton eval`: expressions without a server, one by one and in batches; and the conformance data through it."""

import json
import math
import os
import re
import subprocess
from pathlib import Path

import pytest

from harness import BINARIES, ROOT

DONE, FAILED, USAGE = range(3)
CONFORMANCE = Path(os.environ.get("BATON_CONFORMANCE", ROOT.parent / "shared" / "conformance"))


def evaluate(*arguments, stdin=None):
    """Runs `baton eval`; returns (exit code, output, errors)."""
    done = subprocess.run(
        [str(BINARIES / "baton"), "eval", *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def batch(requests):
    """Sends requests, as values or as they are, and returns the answers."""
    lines = [line if isinstance(line, str) else json.dumps(line) for line in requests]
    done = subprocess.run(
        [str(BINARIES / "baton"), "eval", "--batch"], input="\n".join(lines) + "\n", stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=600)
    assert done.returncode == DONE, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests), done.stderr
    return answers


@pytest.mark.parametrize("arguments, result", [
    (["$sum(list.a)", "--input", '{"list": [{"a": 1}, {"a": 2.5}]}'], 3.5),
    (["$x & $y", "--bind", 'x="a"', "--bind", '$y="=b"'], "a=b"),
    (["$", "--input", "null"], None),
    (["$hash('a', 'MD5')", "--states"], "0cc175b9c0f1b6a831c399e269772661"),
    (["$.a[-1]", "--language", "jsonpath", "--input", '{"a": [1, 2]}'], 2),
    (["$v.a", "--language", "jsonpath", "--bind", 'v={"a": 3}'], 3),
    (["$$.Execution.Input.a", "--language", "jsonpath", "--input", '{"a": 4}'], 4),
    (["$$.State.Name", "--language", "jsonpath", "--bind", '$$={"State": {"Name": "S"}}'], "S"),
    (["States.Format('{} of {}', $.n, $v)", "--language", "intrinsic", "--input", '{"n": 1}', "--bind", "v=2"], "1 of 2"),
])
def test_prints_the_result(arguments, result):
    code, output, errors = evaluate(*arguments)
    assert code == DONE, errors
    assert json.loads(output) == result and output.count("\n") == 1 and not errors


def test_reads_a_file_or_standard_input(tmp_path):
    file = tmp_path / "document.json"
    file.write_text('{"a": {"b": "c"}}')
    for argument in (str(file), f"@{file}"):
        assert evaluate("a.b", "--input", argument)[1] == '"c"\n'
    assert evaluate("a.b", "--input", "-", stdin='{"a": {"b": 7}}')[1] == "7\n"


def test_nothing_is_not_null_and_no_failure():
    code, output, errors = evaluate("a", "--input", "{}")
    assert (code, output) == (DONE, "") and "undefined" in errors
    code, output, errors = evaluate("function($x) { $x }")
    assert (code, output) == (DONE, "") and "function" in errors


@pytest.mark.parametrize("arguments, message, line, carets", [
    (['"a" + 1'], "T2001", '"a" + 1', "    ^"),
    (["$foo(1)"], "T1006", "$foo(1)", " ^^^"),
    (["(\n  $a := 1;\n  $a.b ! 2\n)"], "S0204", "  $a.b ! 2", "       ^"),
    (["$.a[x]", "--language", "jsonpath"], "invalid", "$.a[x]", "   ^"),
    (["States.Nope(1)", "--language", "intrinsic"], "invalid", "States.Nope(1)", "^"),
    (["$.a.b", "--language", "jsonpath", "--input", '{"c": 1}'], "not_found: Missing property in path $['a']", None, None),
])
def test_an_error_is_shown_where_it_is(arguments, message, line, carets):
    code, output, errors = evaluate(*arguments)
    assert (code, output) == (FAILED, "")
    first, *rest = errors.splitlines()
    assert first.startswith(f"error: {message}")
    if line is None:
        assert rest == []
    else:
        assert rest == [f"    {line}", f"    {carets}"]


def test_an_error_for_scripts():
    code, output, errors = evaluate('"a" + 1', "--output", "json")
    assert (code, output) == (FAILED, "")
    error = json.loads(errors)["error"]
    assert (error["code"], error["token"], error["position"]) == ("T2001", "+", 5)


@pytest.mark.parametrize("arguments, words", [
    ([], "--batch"),
    (["a", "--batch"], "--batch"),
    (["a", "--language", "xpath"], "xpath"),
    (["a", "--level", "3"], "level"),
    (["a", "--input", "{a}"], "line 1, column 2"),
    (["a", "--input", "/nowhere.json"], "/nowhere.json"),
    (["a", "--bind", "x"], "NAME=JSON"),
    (["a", "--bind", "x=text"], "is not JSON"),
    (["a", "--time-limit", "0"], "positive"),
    (["--bench", "/nowhere"], "/nowhere"),
])
def test_what_is_wrong_with_the_command_line(arguments, words):
    code, output, errors = evaluate(*arguments)
    assert (code, output) == (USAGE, "") and words in errors


@pytest.mark.parametrize("expression", [
    "($f := function() { $f() }; $f())",
    "($f := function($n) { 1 + $f($n) }; $f(1))",
    "$map([1..1000000], function($v) { $sum([1..1000000]) })",
    '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a|a)*$/)',
    '($f := function($s) { $f($s & $s) }; $f("aaaaaaaa"))',
])
def test_a_hostile_expression_ends(expression):
    code, _, errors = evaluate(expression, "--time-limit", "300", "--output", "json")
    assert code == FAILED and json.loads(errors)["error"]["code"] == "U1001"


def test_a_batch_answers_every_line():
    answers = batch([
        {"id": 1, "expr": "a", "data": {"a": None}},
        {"id": "two", "expr": "a"},
        "this is no request",
        '{"id": 3, "expr": "a"',
        "[1]",
        {"id": [4], "expr": 5},
        {"id": 5, "expr": "1 ?: 2", "level": "2.0.6"},
        {"id": 6, "expr": "1 ?: 2", "level": "2.2"},
        {"id": 7, "expr": "$x", "bindings": {"x": {"y": "z"}}, "language": "jsonata"},
        {"id": 8, "expr": "1", "language": "xpath"},
        {"id": 9, "expr": "1", "depth": -1},
        {"id": 10, "expr": "$range(1, 3, 1)", "dialect": "states"},
        {"id": 11, "expr": "$.a", "language": "jsonpath", "data": {"a": "é😀\u2028"}},
        '{"id": 11.5, "expr": "$", "data": "é😀\u2028\u2029\u0085"}',
        "[" * 100_000,
        '{"id": 12, "expr": "$[0] ? 1 : 2", "data": ' + "[" * 5_000 + "]" * 5_000 + "}",
        {"id": 13, "expr": "($f := function() { $f() }; $f())", "timelimit": 50, "depth": 100},
    ])
    assert answers[0] == {"id": 1, "result": None}
    assert answers[1] == {"id": "two", "undefined": True}
    for index in (2, 3, 4, 5, 9, 10, 14):
        error = answers[index]["error"]
        assert error["code"] == "invalid_request" and error["message"]
        assert (error["token"], error["position"]) == (None, None)
    assert [answers[index]["id"] for index in (2, 3, 4, 5, 9, 10)] == [None, None, None, [4], 8, 9]
    assert "error" in answers[6] and answers[7]["result"] == 1
    assert answers[8]["result"] == {"y": "z"}
    assert answers[11]["result"] == [1, 2, 3]
    assert answers[12]["result"] == "é😀\u2028"
    assert answers[13]["result"] == "é😀\u2028\u2029\u0085"
    assert answers[15] == {"id": 12, "result": 2}
    assert answers[16]["error"]["code"] == "U1001"


def test_a_batch_answers_before_it_reads_on():
    process = subprocess.Popen(
        [str(BINARIES / "baton"), "eval", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    try:
        for number in range(3):
            process.stdin.write(json.dumps({"id": number, "expr": f"{number} + 1"}) + "\n")
            assert json.loads(process.stdout.readline()) == {"id": number, "result": number + 1}
        process.stdin.close()
        assert process.wait(20) == DONE
    finally:
        process.kill()


def test_a_benchmark(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dataset5.json").write_text('{"a": [1, 2, 3]}')
    cases = [
        {"name": "sum", "data": "dataset5", "expr": "$sum(a)", "result": 6},
        {"name": "none", "data": None, "expr": "$x + 1", "bindings": {"x": 1}, "result": 2},
    ]
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    code, output, errors = evaluate("--bench", str(tmp_path), "--output", "json")
    assert code == DONE, errors
    results = json.loads(output)
    assert [(result["name"], result["ok"]) for result in results] == [("sum", True), ("none", True)]
    for result in results:
        assert min(result[key] for key in ("parsePerSecond", "evalPerSecond", "jsonParsePerSecond", "ratio")) > 0
    cases[0]["result"] = 7
    (tmp_path / "cases.json").write_text(json.dumps(cases[:1]))
    code, output, _ = evaluate("--bench", str(tmp_path / "cases.json"))
    assert code == FAILED and "sum" in output and "wrong result" in output


# The conformance data, where it lies next to the checkout.

def data(*path):
    file = CONFORMANCE.joinpath(*path)
    if not file.exists():
        pytest.skip(f"{file} is not there")
    return file


def same(left, right):
    """Numbers as doubles, minus zero another than zero; order counts in arrays, not in objects."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return float(left) == float(right) and math.copysign(1, left) == math.copysign(1, right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right


def as_expected(case, answer):
    error = answer.get("error")
    if "result" in case:
        return "result" in answer and same(answer["result"], case["result"])
    if "undefinedResult" in case:
        return answer.get("undefined") is True
    if error is None:
        return False
    if "code" in case:
        # The token is compared for errors of syntax alone.
        return error["code"] == case["code"] and (
            "token" not in case or case["code"][0] != "S" or error["token"] == case["token"])
    return all(error.get(key) == value for key, value in case["error"].items())


def report(label, cases, answers, expected):
    failures = [
        f"{case['id']}: {case.get('expr', case.get('selector', case.get('path')))}\n    {str(answer)[:300]}"
        for case, answer in zip(cases, answers) if not expected(case, answer)]
    print(f"{label}: {len(cases) - len(failures)} of {len(cases)} cases pass")
    assert cases and not failures, "\n".join(failures)


@pytest.mark.parametrize("level", ["2.2", "2.0.6"])
def test_jsonata_suite(level):
    groups = sorted(data("jsonata", "groups").glob("*.json"))
    datasets = {file.stem: json.loads(file.read_text()) for file in data("jsonata", "datasets").glob("*.json")}
    cases = [case for group in groups for case in json.loads(group.read_text())]
    if level == "2.0.6":
        cases = [case for case in cases if "since" not in case]
    requests = []
    for case in cases:
        request = {"id": case["id"], "language": "jsonata", "expr": case["expr"], "level": level}
        request.update({key: case[key] for key in ("data", "bindings", "timelimit", "depth") if key in case})
        if case.get("dataset") is not None:
            request["data"] = datasets[case["dataset"]]
        requests.append(request)
    answers = batch(requests)
    assert [answer["id"] for answer in answers] == [case["id"] for case in cases]
    report(f"JSONata {level}", cases, answers, as_expected)


def test_jsonpath_cases():
    suite = json.loads(data("jsonpath", "asl-paths.json").read_text())
    cases = [case for case in suite["cases"] if not case.get("quirk") and not case.get("notAslPath")]
    answers = batch([
        {"id": case["id"], "language": "jsonpath", "expr": case["selector"], "data": suite["docs"][case["doc"]]}
        for case in cases])

    def expected(case, answer):
        if "result" in case:
            return "result" in answer and same(answer["result"], case["result"])
        error = answer.get("error")
        if error is None:
            return False
        if case["error"] == "not_found":
            return error["code"] == "not_found" and error["message"] == case["message"]
        return case["error"] == "exception" or error["code"] == case["error"]

    report("paths", cases, answers, expected)


def test_paths_and_intrinsics_as_recorded():
    cases = json.loads(data("jsonpath", "aws-paths.json").read_text())["cases"]
    answers = batch([
        {"id": case["id"], "language": "jsonpath", "expr": case["path"], "data": case.get("input", {})}
        for case in cases])

    def expected(case, answer):
        if "result" in case:
            return "result" in answer and same(answer["result"], case["result"])
        if "error" not in answer:
            return False
        cause = re.search(r"Invalid path '.*?' : (.*)$", case.get("cause", ""))
        return cause is None or answer["error"]["message"] == cause[1]

    report("recorded paths", cases, answers, expected)
    cases = json.loads(data("jsonpath", "aws-intrinsics.json").read_text())["cases"]
    answers = batch([
        {"id": case["id"], "language": "intrinsic", "expr": case["expr"], "data": case.get("input", {})}
        for case in cases])
    report("recorded intrinsic functions", cases, answers, expected)


def test_rfc_9535_where_both_agree():
    cases = [case for case in json.loads(data("jsonpath", "rfc9535-cts.json").read_text())["cases"] if case["agree"]]
    answers = batch([
        {"id": case["id"], "language": "jsonpath", "expr": case["selector"], "data": case.get("document")}
        for case in cases])

    def expected(case, answer):
        return "error" in answer if "error" in case else "result" in answer and same(answer["result"], case["jayway"])

    report("RFC 9535", cases, answers, expected)
