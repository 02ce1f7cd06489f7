#!/usr/bin/env python3
"""Writes what TestState checks mocked results against: the shapes of what AWS services answer.

    service-models.py [FILE]     (Sources/CServiceModels/outputs.txt unless said otherwise)

The facts come from the service models that botocore ships (Apache License 2.0); botocore has to be installed. One line
per service: its name in `arn:aws:states:::aws-sdk:NAME:action`, a tab, and a JSON object with its operations' output
shapes (`o`) and the structures that they are made of (`s`). A structure is an object from field to type; `!` after the
name marks a required one. Types are:

    s  string     s1-64  with its length     s1-64/PATTERN  with its pattern     =A|B  one of these values
    B  blob       n      number              n0-10          with its range       b  boolean
    t  timestamp  [T     list of T           {T             map to T             #NAME  structure     *  anything
"""

import json
import re
import sys
from pathlib import Path

import botocore
import botocore.loaders

# By service id: None for all operations, else those that have a place of their own in Step Functions.
SERVICES = {
    "athena": None,
    "bedrock-runtime": ["InvokeModel"],
    "batch": None,
    "cloudwatch": None,
    "codebuild": ["StartBuild", "StopBuild", "StartBuildBatch", "BatchGetBuilds", "RetryBuildBatch"],
    "dynamodb": None,
    "ecs": ["RunTask", "StopTask", "DescribeTasks", "StartTask", "ListTasks", "UpdateService"],
    "eks": ["CreateCluster", "DeleteCluster", "DescribeCluster", "CreateNodegroup", "DeleteNodegroup"],
    "emr": None,
    "emr-containers": None,
    "emr-serverless": None,
    "events": None,
    "glue": ["StartJobRun", "GetJobRun", "StartCrawler", "GetCrawler", "BatchStopJobRun"],
    "kinesis": None,
    "kms": None,
    "lambda": None,
    "logs": None,
    "s3": None,
    "scheduler": None,
    "secretsmanager": None,
    "sesv2": ["SendEmail", "SendBulkEmail"],
    "sns": None,
    "sqs": None,
    "ssm": ["GetParameter", "GetParameters", "GetParametersByPath", "PutParameter", "DeleteParameter", "SendCommand"],
    "stepfunctions": None,
    "sts": None,
}

# Step Functions checks against models of its own; these bounds were seen to differ from those of botocore.
BOUNDS = {"MemorySize": {"max": 10240}}


def words(name):
    """Where the AWS SDK for Java, whose names Step Functions uses, splits a name."""
    name = re.sub(r"[^A-Za-z0-9]+", " ", name)
    name = re.sub(r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 ", name)
    name = re.sub(r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 ", name)
    name = re.sub(r"(?<=[a-z])(?=[A-Z](?:[a-zA-Z]|[0-9]))", " ", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", name)
    name = re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", name)
    return name.split()


def field(name):
    return "".join(word[0].upper() + word[1:].lower() for word in words(name))


class Service:
    def __init__(self, model):
        self.shapes = model["shapes"]
        self.structures = {}

    def bounds(self, name, shape):
        shape = shape | BOUNDS.get(name, {})
        low, high = shape.get("min", ""), shape.get("max", "")
        return f"{low}-{high}" if low != "" or high != "" else ""

    def type(self, name):
        shape = self.shapes[name]
        match shape["type"]:
            case "string":
                if "enum" in shape:
                    return "=" + "|".join(shape["enum"])
                pattern = shape.get("pattern", "")
                return "s" + self.bounds(name, shape) + ("/" + pattern if pattern and pattern != ".*" else "")
            case "blob":
                return "B" + self.bounds(name, shape)
            case "integer" | "long" | "double" | "float":
                return "n" + self.bounds(name, shape)
            case "boolean":
                return "b"
            case "timestamp":
                return "t"
            case "list":
                return "[" + self.type(shape["member"]["shape"])
            case "map":
                return "{" + self.type(shape["value"]["shape"])
            case "structure" if shape.get("document") or shape.get("eventstream"):
                return "*"
            case "structure":
                self.structure(name, shape)
                return "#" + name
        return "*"

    def structure(self, name, shape):
        if name in self.structures:
            return
        self.structures[name] = {}
        required = shape.get("required", [])
        self.structures[name] = {
            field(member) + ("!" if member in required else ""): self.type(reference["shape"])
            for member, reference in shape["members"].items()
        }


def main():
    root = Path(__file__).resolve().parent.parent
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "Sources/CServiceModels/outputs.txt"
    loader = botocore.loaders.Loader()
    lines = []
    for name, wanted in SERVICES.items():
        model = loader.load_service_model(name, "service-2")
        service = Service(model)
        operations = {}
        for operation, description in sorted(model["operations"].items()):
            output = description.get("output", {}).get("shape")
            if output and (wanted is None or operation in wanted):
                operations[operation[0].lower() + operation[1:]] = output
                service.structure(output, service.shapes[output])
        key = model["metadata"]["serviceId"].lower().replace(" ", "")
        document = {"o": operations, "s": service.structures}
        lines.append(f"{key}\t{json.dumps(document, separators=(',', ':'), ensure_ascii=False)}\n")
    target.write_text("".join(sorted(lines)), encoding="utf-8")
    print(f"{target}: {len(lines)} services of botocore {botocore.__version__}, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
