"""The API as botocore's service model describes it: what requests may be, and what answers have to be."""

import http.client
import json
import re

import botocore.session

MODEL = botocore.session.get_session().get_service_model("stepfunctions")
OPERATIONS = list(MODEL.operation_names)

# What AWS may answer to any operation, besides the errors that the model lists for it.
COMMON_ERRORS = {"ValidationException", "SerializationException", "ThrottlingException"}


def operation(name):
    return MODEL.operation_model(name)


def errors(name):
    """The codes that an operation may refuse with."""
    return {shape.name for shape in operation(name).error_shapes} | COMMON_ERRORS


class Connection:
    """One kept-alive connection that sends what boto3 would not."""

    def __init__(self, port, timeout=30.0):
        self.port = port
        self.timeout = timeout
        self.http = None

    def call(self, name, body, timeout=None):
        """Returns the status and the answer; raises TimeoutError when there is none in time."""
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        for attempt in (0, 1):
            if self.http is None:
                self.http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout or self.timeout)
                fresh = True
            else:
                fresh = False
            try:
                self.http.request("POST", "/", text.encode() if isinstance(text, str) else text, {
                    "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{name}"})
                response = self.http.getresponse()
                answer = response.read()
                return response.status, json.loads(answer) if answer else None
            except TimeoutError:
                self.close()
                raise
            except (OSError, http.client.HTTPException):
                # A connection that was idle may have been closed meanwhile.
                self.close()
                if fresh or attempt:
                    raise

    def close(self):
        if self.http is not None:
            self.http.close()
            self.http = None


def problems(value, shape, path="$"):
    """What is wrong with an answer's value; nothing when it is what the model says."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            return [f"{path} is no object"]
        found = [f"{path}.{name} is missing" for name in shape.required_members if name not in value]
        for name, member in value.items():
            if name not in shape.members:
                found.append(f"{path}.{name} is unknown to the model")
            else:
                found += problems(member, shape.members[name], f"{path}.{name}")
        return found
    if kind == "list":
        if not isinstance(value, list):
            return [f"{path} is no list"]
        found = bounds(len(value), shape, path, "length")
        for index, item in enumerate(value):
            found += problems(item, shape.member, f"{path}[{index}]")
        return found
    if kind == "map":
        if not isinstance(value, dict):
            return [f"{path} is no map"]
        return [one for key, item in value.items() for one in problems(item, shape.value, f"{path}.{key}")]
    if kind == "string":
        if not isinstance(value, str):
            return [f"{path} is no string: {value!r}"]
        found = bounds(len(value), shape, path, "length")
        if shape.enum and value not in shape.enum:
            found.append(f"{path} is none of {shape.enum}: {value!r}")
        return found
    if kind in ("integer", "long"):
        if not isinstance(value, int) or isinstance(value, bool):
            return [f"{path} is no integer: {value!r}"]
        return bounds(value, shape, path, "value")
    if kind in ("float", "double", "timestamp"):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return [f"{path} is no number: {value!r}"]
        return bounds(value, shape, path, "value") if kind != "timestamp" else []
    if kind == "boolean":
        return [] if isinstance(value, bool) else [f"{path} is no boolean: {value!r}"]
    raise AssertionError(f"{path}: the model has a {kind}")


def bounds(number, shape, path, what):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and number < low:
        return [f"{path} has {what} {number}, below {low}"]
    if high is not None and number > high:
        return [f"{path} has {what} {number}, above {high}"]
    return []


def answer_problems(name, status, answer):
    """What is wrong with an answer to an operation, be it a refusal or not."""
    if status == 200:
        return problems(answer, operation(name).output_shape)
    if status != 400:
        return [f"status {status}: {answer}"]
    if not isinstance(answer, dict) or not isinstance(answer.get("__type"), str):
        return [f"a refusal without __type: {answer}"]
    found = []
    if answer["__type"] not in errors(name):
        found.append(f"{answer['__type']} is no error of {name}: {answer.get('message')}")
    if not isinstance(answer.get("message"), str) or not answer["message"]:
        found.append(f"{answer['__type']} without a message")
    return found


def pattern(shape):
    """A shape's pattern, where Python understands it."""
    text = shape.metadata.get("pattern")
    if text is None or "\\p{" in text:
        return None
    return re.compile(text)
