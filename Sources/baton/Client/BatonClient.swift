import AsyncHTTPClient
import JSONValue
import NIOCore
import NIOHTTP1

/// Speaks AWS JSON 1.0 with a server.
struct BatonClient: Sendable {
    let endpoint: Endpoint

    /// Lives as long as the process. A server that is not there is an answer: the library would try for the whole
    /// time-out.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

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
        request.body = .bytes(ByteBuffer(string: JSON.object(body).serialized()))
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
        let (status, bytes) = try await exchange(HTTPClientRequest(url: endpoint.url + path), timeout: .seconds(10))
        return (status, String(buffer: bytes))
    }

    private func exchange(
        _ request: HTTPClientRequest, timeout: TimeAmount
    ) async throws(CommandError) -> (status: UInt, body: ByteBuffer) {
        do {
            let response = try await Self.http.execute(request, timeout: timeout)
            return (response.status.code, try await response.body.collect(upTo: 64 << 20))
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw CommandError(
                .unreachable,
                "The server at \(endpoint.url) did not answer in time: look at its log and at "
                    + "\(endpoint.url)/health/ready.")
        } catch is CancellationError {
            throw CommandError(.failed, "Interrupted.")
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
        return CommandError(isAbsence(code) ? .notFound : .failed, "\(code): \(message)")
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
