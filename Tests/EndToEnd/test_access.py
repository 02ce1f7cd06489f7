"""Access keys, roles and TLS, as boto3, the AWS CLI, Baton's own command line and a scraper meet them."""

import base64
import configparser
import hashlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import pytest

from conftest import PASS, chain, create, numbers
from harness import BINARIES, ROLE, Server, free_port, wait_until


def baton(*arguments, **environment):
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BATON_"))}
    done = subprocess.run(
        [str(BINARIES / "baton"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
        env={**plain, "NO_COLOR": "1", "HOME": "/nonexistent", **environment})
    return done.returncode, done.stdout, done.stderr


class Keys:
    """A keys file, made by `baton keys generate`."""

    def __init__(self, path):
        self.path = path
        self.pairs = {}

    def add(self, name, *arguments):
        code, output, errors = baton("keys", "generate", name, *arguments, "--file", str(self.path))
        assert code == 0, errors
        self.read()

    def read(self):
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(self.path)
        for name in parser.sections():
            section = parser[name]
            self.pairs[name] = (section["aws_access_key_id"], section["aws_secret_access_key"])

    def __getitem__(self, name):
        return self.pairs[name]


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    keys = Keys(tmp_path_factory.mktemp("keys") / "keys")
    keys.add("boss", "--role", "admin")
    keys.add("conductor", "--role", "operator")
    keys.add("eye", "--role", "reader")
    keys.add("hand", "--role", "worker", "--activities", "charge", "mail-*")
    keys.add("gone", "--role", "admin", "--expires", "2020-01-01T00:00:00Z")
    return keys


@pytest.fixture(scope="module")
def guarded(broker, tmp_path_factory, keys):
    """A server with access keys, reachable from everywhere."""
    server = Server(tmp_path_factory.mktemp("guarded"), broker.url, f"e2e{next(numbers)}", "--keys", str(keys.path))
    server.command = lambda command=server.command(): [
        f"0.0.0.0:{server.port}" if part == f"127.0.0.1:{server.port}" else part for part in command]
    server.start()
    yield server
    server.stop()


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        call(**arguments)
    response = refusal.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_file_is_for_its_owner_alone(keys):
    assert keys.path.stat().st_mode & 0o777 == 0o600
    code, output, _ = baton("keys", "check", str(keys.path))
    assert code == 0 and "conductor" in output and "charge, mail-*" in output
    for _, secret in keys.pairs.values():
        assert secret not in output


def test_who_is_not_known_is_told_so_in_aws_words(guarded, keys):
    key, secret = keys["boss"]
    assert guarded.client(key, secret).list_state_machines()["stateMachines"] is not None
    assert refused(guarded.client().list_state_machines) == (
        "UnrecognizedClientException", "The security token included in the request is invalid.", 400)
    code, message, status = refused(guarded.client(key, secret + "x").list_state_machines)
    assert (code, status) == ("InvalidSignatureException", 400) and "does not match" in message
    assert refused(guarded.client(key, secret, "token").list_state_machines)[0] == "UnrecognizedClientException"
    assert refused(guarded.client(*keys["gone"]).list_state_machines)[0] == "ExpiredTokenException"


def test_unsigned_requests(guarded):
    request = urllib.request.Request(
        guarded.url, b"{}", {"X-Amz-Target": "AWSStepFunctions.ListStateMachines"}, method="POST")
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=10)
    assert refusal.value.code == 400 and refusal.value.headers["Date"].endswith("GMT")
    assert json.load(refusal.value)["__type"] == "MissingAuthenticationTokenException"
    assert guarded.get("/health/live")[0] == 200 and guarded.get("/health/ready")[0] == 200


def test_roles(guarded, keys, name):
    boss, conductor, eye, hand = (guarded.client(*keys[who]) for who in ("boss", "conductor", "eye", "hand"))
    charge = boss.create_activity(name="charge")["activityArn"]
    mail = boss.create_activity(name="mail-welcome")["activityArn"]
    other = boss.create_activity(name="other")["activityArn"]
    machine = create(boss, name, chain(charge))
    for client in (conductor, eye, hand):
        assert refused(client.create_activity, name="x")[0] == "AccessDeniedException"
        assert refused(client.delete_state_machine, stateMachineArn=machine)[0] == "AccessDeniedException"
    code, message, status = refused(eye.start_execution, stateMachineArn=machine)
    assert (code, status) == ("AccessDeniedException", 400)
    assert "user/eye is not authorized to perform: states:StartExecution on resource: " + machine in message
    execution = conductor.start_execution(stateMachineArn=machine)["executionArn"]
    assert refused(hand.describe_execution, executionArn=execution)[0] == "AccessDeniedException"
    assert refused(hand.get_activity_task, activityArn=other)[0] == "AccessDeniedException"
    assert refused(conductor.get_activity_task, activityArn=charge)[0] == "AccessDeniedException"
    assert hand.describe_activity(activityArn=mail)["name"] == "mail-welcome"
    task = hand.get_activity_task(activityArn=charge)
    assert refused(eye.send_task_success, taskToken=task["taskToken"], output="{}")[0] == "AccessDeniedException"
    hand.send_task_heartbeat(taskToken=task["taskToken"])
    hand.send_task_success(taskToken=task["taskToken"], output="{}")
    wait_until("it ends", lambda: eye.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
    boss.delete_state_machine(stateMachineArn=machine)


def signed(server, pair, target, body=b"{}", signer=botocore.auth.SigV4Auth, invocation=None, **arguments):
    """A request as botocore signs it."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target}
    if invocation:
        headers["amz-sdk-invocation-id"] = invocation
    request = botocore.awsrequest.AWSRequest("POST", server.url + "/", data=body, headers=headers)
    signer(botocore.credentials.Credentials(*pair), "states", "eu-west-3", **arguments).add_auth(request)
    return request.prepare()


def send(server, request, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    path = request.url.split(f":{server.port}", 1)[1]
    headers = {name: value for name, value in request.headers.items() if name != "Content-Length"}
    connection.request("POST", path, request.body if body is None else body, headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


class Presigned(botocore.auth.SigV4QueryAuth):
    """botocore moves bodies into the query, for another protocol."""

    body = b"{}"

    def payload(self, request):
        return hashlib.sha256(self.body).hexdigest()


def test_presigned_requests(guarded, keys):
    target = "AWSStepFunctions.ListStateMachines"
    request = signed(guarded, keys["eye"], target, b"", Presigned, expires=60)
    assert "X-Amz-Signature" in request.url
    status, answer = send(guarded, request, b"{}")
    assert status == 200, answer
    status, answer = send(guarded, request, b'{"maxResults":1}')
    assert (status, answer["__type"]) == (400, "InvalidSignatureException")


def test_a_copied_call_changes_nothing_again(guarded, keys, name):
    """Of SDKs that sign an identifier of the call. botocore does not."""
    boss = guarded.client(*keys["boss"])
    machine = create(boss, name, PASS)
    body = json.dumps({"stateMachineArn": machine}).encode()
    request = signed(guarded, keys["boss"], "AWSStepFunctions.StartExecution", body, invocation="1")
    assert send(guarded, request)[0] == 200
    status, answer = send(guarded, request)
    assert (status, answer["__type"]) == (400, "InvalidSignatureException") and "signed anew" in answer["message"]
    assert len(boss.list_executions(stateMachineArn=machine)["executions"]) == 1
    look = signed(guarded, keys["boss"], "AWSStepFunctions.ListExecutions", body, invocation="2")
    assert send(guarded, look)[0] == send(guarded, look)[0] == 200
    status, answer = send(guarded, look, b"{}")
    assert (status, answer["__type"]) == (400, "InvalidSignatureException")


def test_equal_calls_within_a_second_are_all_made(guarded, keys, name):
    """botocore signs them alike."""
    client = guarded.client(*keys["boss"])
    machine = create(client, name, PASS)
    threads = [
        threading.Thread(target=lambda: [client.start_execution(stateMachineArn=machine) for _ in range(10)])
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(client.list_executions(stateMachineArn=machine)["executions"]) == 50


def test_scrapers(guarded, keys, broker, tmp_path):
    assert guarded.get("/metrics")[0] == 401

    def scrape(pair):
        token = base64.b64encode(":".join(pair).encode()).decode()
        request = urllib.request.Request(guarded.url + "/metrics", headers={"Authorization": f"Basic {token}"})
        try:
            return urllib.request.urlopen(request, timeout=10).status
        except urllib.error.HTTPError as error:
            return error.code

    assert scrape(keys["eye"]) == 200
    assert scrape((keys["eye"][0], "wrong")) == scrape(keys["hand"]) == scrape(keys["gone"]) == 401


def test_the_command_line_signs(guarded, keys):
    key, secret = keys["eye"]
    code, output, errors = baton(
        "list", "machines", "--endpoint", guarded.url, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)
    assert code == 0, errors
    code, output, errors = baton(
        "list", "machines", "--endpoint", guarded.url, "--profile", "eye",
        AWS_SHARED_CREDENTIALS_FILE=str(keys.path), AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="y")
    assert code == 0, errors
    code, output, errors = baton(
        "activity", "create", "more", "--endpoint", guarded.url, AWS_PROFILE="eye",
        AWS_SHARED_CREDENTIALS_FILE=str(keys.path))
    assert code == 1 and "AccessDeniedException" in errors
    code, output, errors = baton("list", "--endpoint", guarded.url)
    assert code == 1 and "MissingAuthenticationToken" in errors
    code, output, errors = baton("list", "--endpoint", guarded.url, "--profile", "nobody")
    assert code == 2 and "nobody" in errors


def test_readers_see_no_task_tokens(guarded, keys, name):
    boss = guarded.client(*keys["boss"])
    activity = boss.create_activity(name=name)["activityArn"]
    machine = create(boss, name, chain(activity))
    boss.start_execution(stateMachineArn=machine)
    _, seen = send(guarded, signed(guarded, keys["boss"], "Baton.ListTasks"))
    _, blinded = send(guarded, signed(guarded, keys["eye"], "Baton.ListTasks"))
    assert all("taskToken" in task for task in seen["tasks"]) and len(seen["tasks"]) == len(blinded["tasks"]) > 0
    assert not any("taskToken" in task for task in blinded["tasks"])


def test_secrets_are_never_logged(broker, tmp_path, keys):
    server = Server(
        tmp_path, broker.url, f"e2e{next(numbers)}", "--keys", str(keys.path), "--log-level", "trace").start()
    server.client(*keys["boss"]).list_activities()
    refused(server.client(keys["boss"][0], "the-wrong-one").list_activities)
    os.utime(keys.path)
    server.client(*keys["eye"]).list_activities()
    server.stop()
    log = server.log.read_text()
    assert "refused a call" in log and "read the access keys again" in log
    for _, secret in keys.pairs.values():
        assert secret not in log
    assert "Signature=" not in log


def test_keys_change_while_the_server_runs(broker, tmp_path):
    keys = Keys(tmp_path / "keys")
    keys.add("first", "--role", "admin")
    server = Server(tmp_path / "server", broker.url, f"e2e{next(numbers)}", "--keys", str(keys.path)).start()
    try:
        first = server.client(*keys["first"])
        first.list_activities()
        keys.add("second", "--role", "reader")
        server.client(*keys["second"]).list_activities()
        first.list_activities()
        keys.path.write_text("broken")
        first.list_activities()
        keys.path.unlink()
        server.process.send_signal(signal.SIGHUP)
        first.list_activities()
        keys.add("third", "--role", "reader")
        server.client(*keys["third"]).list_activities()
        assert refused(first.list_activities)[0] == "UnrecognizedClientException"
    finally:
        server.stop()


@pytest.mark.parametrize(("mode", "text", "words"), [
    (0o644, None, "chmod 600"), (0o600, "", "no keys"), (0o600, "[a]\nroles = admin\n", "aws_access_key_id"),
])
def test_unusable_keys_are_a_sentence(tmp_path, keys, mode, text, words):
    path = tmp_path / "keys"
    path.write_text(keys.path.read_text() if text is None else text)
    path.chmod(mode)
    code, output, errors = baton(
        "server", "--keys", str(path), "--database", str(tmp_path / "b.db"), "--listen", f"127.0.0.1:{free_port()}")
    assert code == 5 and words in errors, errors


def test_keys_from_the_environment(broker, tmp_path, keys, monkeypatch):
    monkeypatch.setenv("BATON_KEYS", keys.path.read_text())
    server = Server(tmp_path, broker.url, f"e2e{next(numbers)}").start()
    try:
        server.client(*keys["boss"]).list_activities()
        assert refused(server.client().list_activities)[0] == "UnrecognizedClientException"
    finally:
        server.stop()


class Authority:
    """Certificates for 127.0.0.1, made by openssl."""

    def __init__(self, directory):
        self.directory = directory
        self.root = directory / "ca.pem"
        self.certificate, self.key = directory / "server.pem", directory / "server-key.pem"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=Test CA", "-keyout", "ca-key.pem", "-out", "ca.pem",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self.issue(1)

    def issue(self, serial):
        (self.directory / "extensions").write_text(
            "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n"
            "authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n")
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=baton",
            "-keyout", "server-key.pem", "-out", "server.csr")
        self._openssl(
            "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-days", "2",
            "-set_serial", str(serial), "-extfile", "extensions", "-out", "server.pem")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.directory, check=True, capture_output=True, timeout=60)


@pytest.fixture
def secure(broker, tmp_path, keys):
    authority = Authority(tmp_path)
    server = Server(
        tmp_path / "server", broker.url, f"e2e{next(numbers)}", "--keys", str(keys.path), "--tls-certificate",
        str(authority.certificate), "--tls-key", str(authority.key))
    server.scheme, server.authority = "https", str(authority.root)
    server.issuer = authority
    yield server.start()
    server.stop()


def test_https(secure, keys):
    secure.client(*keys["boss"]).list_activities()
    key, secret = keys["boss"]
    arguments = ("activity", "create", "over-tls", "--endpoint", secure.url, "--profile", "boss")
    code, _, errors = baton(*arguments, "--ca", secure.authority, AWS_SHARED_CREDENTIALS_FILE=str(keys.path))
    assert code == 0, errors
    code, _, errors = baton(*arguments, AWS_SHARED_CREDENTIALS_FILE=str(keys.path))
    assert code == 3 and "--ca" in errors, errors
    serial = lambda: ssl.get_server_certificate(("127.0.0.1", secure.port))
    before = serial()
    secure.issuer.issue(2)
    secure.process.send_signal(signal.SIGHUP)
    wait_until("the new certificate is shown", lambda: serial() != before)
    secure.client(key, secret).list_activities()
    secure.issuer.certificate.write_text("nonsense")
    secure.process.send_signal(signal.SIGHUP)
    wait_until("the log tells", lambda: "the certificate stays as it was" in secure.log.read_text())
    secure.client(key, secret).list_activities()


class TLSClient:
    """A connection that reads nothing unless it is told to: what it does not read, it has not had."""

    def __init__(self, server):
        context = ssl.create_default_context(cafile=server.authority)
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self.received, self.sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.received, self.sent, server_hostname="127.0.0.1")
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.socket.sendall(self.sent.read())
                self.received.write(self.socket.recv(65536))

    def send(self, data):
        self.tls.write(data)
        self.socket.sendall(self.sent.read())

    def answer(self):
        """The body of the next response, which is JSON and short."""
        text = b""
        while not text.endswith(b"}"):
            try:
                text += self.tls.read()
            except ssl.SSLWantReadError:
                self.received.write(self.socket.recv(65536))
        return json.loads(text.split(b"\r\n\r\n", 1)[1])

    def close(self, says_goodbye):
        if says_goodbye:
            try:
                self.tls.unwrap()
            except ssl.SSLError:
                pass
            try:
                self.socket.sendall(self.sent.read())
            except OSError:
                pass
        self.socket.close()


def poll_over_tls(server, pair, activity, worker):
    request = signed(server, pair, "AWSStepFunctions.GetActivityTask", json.dumps(
        {"activityArn": activity, "workerName": worker}).encode())
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    connection = TLSClient(server)
    connection.send(f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{head}\r\n".encode() + request.body)
    return connection


def test_polls_over_https_lose_nothing(secure, keys):
    """Clients that hang up while tasks are on their way to them."""
    client = secure.client(*keys["boss"])
    activity = client.create_activity(name="polled")["activityArn"]
    machine = create(client, "machine", chain(activity))
    executions = []
    for round in range(20):
        polls = [poll_over_tls(secure, keys["boss"], activity, f"w{round}-{number}") for number in range(4)]
        executions += [client.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(4)]
        for number, connection in enumerate(polls):
            time.sleep(0.003 * (round % 4))
            connection.close(says_goodbye=number % 2 == 0)
    for number in range(len(executions)):
        task = client.get_activity_task(activityArn=activity)
        assert "taskToken" in task, f"{len(executions) - number} tasks were lost"
        client.send_task_success(taskToken=task["taskToken"], output="{}")
    for execution in executions:
        wait_until("it ends", lambda: client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")


def test_tasks_that_were_read_over_https_are_given_to_nobody_else(secure, keys):
    """Whether or not the client says goodbye, and although it does not wait for the server's."""
    client = secure.client(*keys["boss"])
    activity = client.create_activity(name="polled")["activityArn"]
    machine = create(client, "machine", chain(activity))
    tokens = []
    for number in range(40):
        client.start_execution(stateMachineArn=machine)
        connection = poll_over_tls(secure, keys["boss"], activity, f"w{number}")
        tokens.append(connection.answer()["taskToken"])
        connection.close(says_goodbye=number % 2 == 0)
    assert len(set(tokens)) == len(tokens)
    last = poll_over_tls(secure, keys["boss"], activity, "last")
    last.socket.settimeout(3)
    with pytest.raises(TimeoutError):
        last.answer()
    last.close(says_goodbye=False)


def test_half_a_tls_configuration_is_refused(tmp_path):
    code, _, errors = baton("server", "--tls-key", "x.pem", "--database", str(tmp_path / "b.db"))
    assert code == 2 and "--tls-certificate" in errors
    code, _, errors = baton(
        "server", "--tls-key", "x.pem", "--tls-certificate", "y.pem", "--database", str(tmp_path / "b.db"))
    assert code == 5 and "y.pem" in errors
