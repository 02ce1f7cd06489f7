import AsyncHTTPClient
import Authentication
import JSONValue
import NIOCore
import NIOHTTP1
import NIOSSL
import SignatureV4
import Synchronization
import Telemetry

/// Speaks AWS JSON 1.0 with a server.
struct BatonClient: Sendable {
    let endpoint: Endpoint
    /// Nil sends unsigned requests.
    var signer: Signer?
    /// A file of certificates to trust besides the system's.
    var authorities: String?

    /// Lives as long as the process. A server that is not there is an answer: the library would try for the whole
    /// time-out.
    private static let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: standard)

    private static var standard: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        configuration.redirectConfiguration = .disallow
        return configuration
    }

    /// One for each file of authorities, which is one per process.
    private static let trusting = Mutex<[String: HTTPClient]>([:])

    private func http() throws(CommandError) -> HTTPClient {
        guard let authorities, endpoint.url.lowercased().hasPrefix("https:") else { return Self.http }
        if let client = Self.trusting.withLock({ $0[authorities] }) { return client }
        var tls = TLSConfiguration.makeClientConfiguration()
        do {
            tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(authorities))]
        } catch {
            throw CommandError(
                .usage, "'\(authorities)' holds no certificates in PEM: name another file with --ca or AWS_CA_BUNDLE.")
        }
        var configuration = Self.standard
        configuration.tlsConfiguration = tls
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        Self.trusting.withLock { $0[authorities] = client }
        return client
    }

    /// The API's families of operations, by the prefix of the target header.
    enum Service: String, Sendable {
        case stepFunctions = "AWSStepFunctions"
        /// What Baton tells beyond AWS's API.
        case baton = "Baton"
    }

    /// Calls an operation and returns its answer.
    func call(
        _ operation: String, _ body: JSONObject = JSONObject(), service: Service = .stepFunctions,
        timeout: TimeAmount = .seconds(30)
    ) async throws(CommandError) -> JSON {
        var request = HTTPClientRequest(url: endpoint.url + "/")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-amz-json-1.0")
        request.headers.add(name: "X-Amz-Target", value: "\(service.rawValue).\(operation)")
        let text = JSON.object(body).serialized()
        request.body = .bytes(ByteBuffer(string: text))
        sign(&request, path: "/", body: text)
        let (status, bytes) = try await exchange(request, timeout: timeout)
        let answer =
            bytes.readableBytes == 0 ? JSON.object(JSONObject()) : try? JSON(parsing: Array(bytes.readableBytesView))
        guard let answer else {
            throw CommandError(
                .unreachable,
                "What answers at \(endpoint.url) is not Baton (HTTP \(status), no JSON): check --endpoint.")
        }
        guard status == 200 else { throw Self.refusal(answer, status: status, operation: operation) }
        return answer
    }

    /// Fetches a page of the server, such as `/health/ready`; the status and the text.
    func get(_ path: String) async throws(CommandError) -> (status: UInt, text: String) {
        var request = HTTPClientRequest(url: endpoint.url + path)
        sign(&request, path: path, body: "")
        let (status, bytes) = try await exchange(request, timeout: .seconds(10))
        return (status, String(buffer: bytes))
    }

    private func sign(_ request: inout HTTPClientRequest, path: String, body: String) {
        guard let signer else { return }
        // Among what is signed, so that no call can be taken for a copy of another.
        request.headers.add(
            name: Authenticator.invocation,
            value: String(UInt64.random(in: 0 ... .max), radix: 16) + String(UInt64.random(in: 0 ... .max), radix: 16))
        let signable = SignableRequest(
            method: request.method.rawValue, path: endpoint.basePath + path,
            headers: request.headers.map { (name: $0.name, value: $0.value) } + [("Host", endpoint.authority)])
        let time = SigningTime(seconds: WallTime.now().milliseconds / 1000)
        for header in signer.sign(signable, payloadHash: PayloadHash.of(Array(body.utf8)), at: time) {
            request.headers.add(name: header.name, value: header.value)
        }
    }

    private func exchange(
        _ request: HTTPClientRequest, timeout: TimeAmount
    ) async throws(CommandError) -> (status: UInt, body: ByteBuffer) {
        let http = try http()
        do {
            let response = try await http.execute(request, timeout: timeout)
            return (response.status.code, try await response.body.collect(upTo: 64 << 20))
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw CommandError(
                .unreachable,
                "The server at \(endpoint.url) did not answer in time: look at its log and at "
                    + "\(endpoint.url)/health/ready.")
        } catch is CancellationError {
            throw CommandError(.failed, "Interrupted.")
        } catch let error as NIOSSLError {
            let isDistrust = "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
            throw CommandError(
                .unreachable,
                isDistrust
                    ? "The server at \(endpoint.url) shows a certificate that is not trusted here: name who signed it "
                        + "with --ca or AWS_CA_BUNDLE."
                    : "No TLS with what listens at \(endpoint.url) (\(error)): check --endpoint, which may have to be "
                        + "http://, and --ca.")
        } catch let error as HTTPClientError where error == .remoteConnectionClosed {
            throw CommandError(
                .unreachable,
                "What listens at \(endpoint.url) hung up: check --endpoint, which may have to be https://.")
        } catch {
            throw CommandError(
                .unreachable,
                "Cannot reach a server at \(endpoint.url): start one with 'baton server', or name another with "
                    + "--endpoint or BATON_ENDPOINT.")
        }
    }

    /// What the server refused, and why.
    private static func refusal(_ answer: JSON, status: UInt, operation: String) -> CommandError {
        let type = answer["__type"]?.stringValue ?? "HTTP \(status)"
        let code = type.split(separator: "#").last.map(String.init) ?? type
        let message = (answer["message"] ?? answer["Message"])?.stringValue ?? "no reason was given"
        return CommandError(isAbsence(code) ? .notFound : .failed, "\(code): \(message)\(hint(code))")
    }

    /// What to do about calls that have to be signed.
    private static func hint(_ code: String) -> String {
        switch code {
        case "MissingAuthenticationTokenException":
            ": this server wants signed calls; name a key with --profile, or set AWS_ACCESS_KEY_ID and "
                + "AWS_SECRET_ACCESS_KEY."
        case "UnrecognizedClientException":
            " The server does not know this key: is it the key of another server, or of AWS?"
        default: ""
        }
    }

    private static func isAbsence(_ code: String) -> Bool {
        code.hasSuffix("DoesNotExist") || code == "ResourceNotFound"
    }
}

extension BatonClient {
    /// All items of a listing, or the first `limit` of them.
    func listAll(
        _ operation: String, _ body: JSONObject = JSONObject(), items key: String, limit: Int = .max,
        service: Service = .stepFunctions
    ) async throws(CommandError) -> [JSON] {
        var all: [JSON] = []
        var body = body
        repeat {
            body["maxResults"] = .int(Int64(min(1000, limit - all.count)))
            let page = try await call(operation, body, service: service)
            all += page[key]?.arrayValue ?? []
            body["nextToken"] = page["nextToken"]
        } while body["nextToken"]?.stringValue != nil && all.count < limit
        return Array(all.prefix(limit))
    }
}
