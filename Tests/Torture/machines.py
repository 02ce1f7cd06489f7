"""What is run: state machines whose outcome follows from their input, whatever happens on the way."""

import random

REGION = "arn:aws:states:us-east-1:000000000000"
LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function"
ACTIVITIES = ["plain", "slow", "beating"]
FUNCTIONS = ["called", "callback"]
# Nobody takes its tasks; polled over HTTP.
OTHER_ACTIVITIES = ["absent", "polled"]

PLAIN, SLOW, BEATING, ABSENT, POLLED = (f"{REGION}:activity:{name}" for name in ACTIVITIES + OTHER_ACTIVITIES)
AGAIN = {"ErrorEquals": ["Torture.Again"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 5}


def task(resource=PLAIN, **fields):
    return {"Type": "Task", "Resource": resource, "Parameters": {"delay.$": "$.delay"}, **fields}


def machine(first, **states):
    return {"StartAt": first, "States": states}


def mapped(**fields):
    return {
        "Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.each", "End": True,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            **machine("Item", Item=task(ResultPath="$.done", End=True)),
        }, **fields,
    }


def nested(resource, machine_name, **fields):
    return {
        "Type": "Task", "Resource": resource, "ResultPath": f"$.{fields['prefix']}",
        "Parameters": {
            "StateMachineArn": f"{REGION}:stateMachine:{machine_name}",
            "Input": {"delay.$": "$.delay", "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"},
            "Name.$": f"States.Format('{fields.pop('prefix')}-{{}}', $$.Execution.Name)",
        }, **fields,
    }


DEFINITIONS = {
    "chain": machine(
        "A", A=task(ResultPath="$.a", Next="B"), B=task(SLOW, ResultPath="$.b", Next="C"),
        C=task(ResultPath="$.c", End=True)),
    "retry": machine(
        "A", A=task(Parameters={"delay.$": "$.delay", "fail.$": "$.fail"}, Retry=[AGAIN], ResultPath="$.a", End=True)),
    "catch": machine(
        "A",
        A=task(
            Parameters={"delay.$": "$.delay", "fail": 99, "error": "Torture.Fatal"}, Next="Never",
            Catch=[{"ErrorEquals": ["Torture.Fatal"], "ResultPath": "$.error", "Next": "Undo"}]),
        Never={"Type": "Fail", "Error": "Torture.Impossible"}, Undo=task(ResultPath="$.undone", End=True)),
    "fail": machine("A", A=task(Parameters={"delay.$": "$.delay", "fail": 99, "error": "Torture.Fatal"}, End=True)),
    "parallel": machine(
        "P",
        P={
            "Type": "Parallel", "ResultPath": "$.branches", "Next": "A",
            "Branches": [
                machine("B0", B0=task(ResultPath="$.done", End=True)),
                machine("B1", B1=task(SLOW, ResultPath="$.done", End=True)),
                machine("B2", B2=task(f"{LAMBDA}:called", ResultPath="$.done", End=True)),
            ],
        }, A=task(ResultPath="$.a", End=True)),
    "map": machine("M", M=mapped(MaxConcurrency=3)),
    "long": machine("M", M=mapped(MaxConcurrency=20)),
    "wait": machine(
        "W", W={"Type": "Wait", "SecondsPath": "$.seconds", "Next": "A"}, A=task(ResultPath="$.a", Next="X"),
        X={"Type": "Wait", "Seconds": 1, "End": True}),
    "timeout": machine(
        "T", T=task(ABSENT, TimeoutSeconds=3, End=True, Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "A",
                                                                "ResultPath": "$.error"}]),
        A=task(ResultPath="$.a", End=True)),
    "beating": machine(
        "B", B=task(BEATING, HeartbeatSeconds=4, ResultPath="$.a", End=True,
                    Retry=[{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1,
                            "BackoffRate": 1, "MaxAttempts": 1000}])),
    "callback": machine(
        "C", C={
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "ResultPath": "$.a",
            "Parameters": {
                "FunctionName": "callback", "Payload": {"delay.$": "$.delay", "token.$": "$$.Task.Token"},
            }, "End": True,
        }),
    "invoke": machine(
        "I", I={
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "ResultPath": "$.a", "End": True,
            "Parameters": {"FunctionName": "called", "Payload": {"delay.$": "$.delay"}},
        }),
    "polled": machine(
        "Q", Q=task(POLLED, TimeoutSeconds=15, ResultPath="$.a", End=True,
                    Retry=[{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1, "BackoffRate": 1,
                            "MaxAttempts": 1000}])),
    "parent": machine(
        "S", S=nested("arn:aws:states:::states:startExecution.sync:2", "chain", prefix="sync", Next="F"),
        F=nested("arn:aws:states:::states:startExecution", "wait-short", prefix="free", End=True)),
    "wait-short": machine("W", W={"Type": "Wait", "Seconds": 1, "Next": "A"}, A=task(ResultPath="$.a", End=True)),
    "children": machine(
        "D", D={
            "Type": "Map", "ItemsPath": "$.items", "Label": "Each", "ResultPath": "$.each", "MaxConcurrency": 3,
            "End": True,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                **machine("Item", Item=task(ResultPath="$.done", End=True)),
            },
        }),
}

# How many attempts of tasks an execution has in its own journal (None: that depends), and how many effects are in its
# output. Those of the children of `parent` and `children` are in their journals.
ATTEMPTS = {
    "chain": 3, "catch": 2, "fail": 1, "parallel": 4, "wait": 1, "wait-short": 1, "timeout": 2, "callback": 1,
    "invoke": 1, "parent": 2, "children": 0,
}
EFFECTS = {
    "chain": 3, "retry": 1, "catch": 1, "fail": 0, "parallel": 4, "wait": 1, "wait-short": 1, "timeout": 1,
    "beating": 1, "callback": 1, "invoke": 1, "polled": 1, "parent": 3,
}
WEIGHTS = {
    "chain": 22, "retry": 10, "catch": 8, "fail": 4, "parallel": 10, "map": 8, "long": 0.15, "wait": 8, "timeout": 4,
    "beating": 6, "callback": 8, "invoke": 6, "polled": 5, "parent": 5, "children": 3,
}


def pick(dice: random.Random):
    kind = dice.choices(list(WEIGHTS), WEIGHTS.values())[0]
    return kind, make_input(kind, dice)


def make_input(kind, dice):
    delay = dice.choice([0, 0, 5, 20, 60, 200])
    value = {"delay": delay}
    if kind == "retry":
        value["fail"] = dice.randint(1, 3)
    if kind in ("map", "children"):
        value["items"] = [{"delay": delay} for _ in range(dice.randint(1, 6))]
    if kind == "long":
        value["items"] = [{"delay": 0} for _ in range(280)]
    if kind == "wait":
        value["seconds"] = dice.randint(1, 4)
    if kind == "beating":
        value["delay"] = dice.choice([50, 500, 5000])
    return value


def status(kind):
    return "FAILED" if kind == "fail" else "SUCCEEDED"


def attempts(kind, value):
    if kind == "retry":
        return value["fail"] + 1
    if kind in ("map", "long"):
        return len(value["items"])
    return ATTEMPTS.get(kind)


def effects(kind, value):
    return len(value["items"]) if "items" in value else EFFECTS[kind]
