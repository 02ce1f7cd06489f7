import AsyncHTTPClient
import Foundation
import JSONValue
import NIOCore
import NIOHTTP1
package import Orchestrator
package import SignatureV4

/// S3, or a service that speaks its protocol, with the bucket in the path.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
package struct S3Service: ObjectStore {
    private let endpoint: String
    private let host: String
    private let signer: Signer?

    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// - Parameters:
    ///   - endpoint: A URL without a path: `http://127.0.0.1:9000`.
    ///   - credentials: Without them requests are not signed.
    package init(endpoint: String, region: String, credentials: SigningCredentials?) {
        var endpoint = endpoint
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        self.endpoint = endpoint
        let parts = URLComponents(string: endpoint)
        host = (parts?.host ?? "") + (parts?.port.map { ":\($0)" } ?? "")
        signer = credentials.map { Signer.s3(credentials: $0, region: region) }
    }

    package func get(_ object: ObjectAddress, limit: Int) async throws(ObjectStoreError) -> [UInt8] {
        let query = object.version.map { "versionId=\(PercentEncoding.encode($0.utf8))" } ?? ""
        return try await exchange("GET", object.bucket, key: object.key, query: query, limit: limit)
    }

    package func list(
        bucket: String, prefix: String, continuation: String?
    ) async throws(ObjectStoreError) -> ObjectPage {
        // In the order of their names, as the signature has them.
        var query = continuation.map { "continuation-token=\(PercentEncoding.encode($0.utf8))&" } ?? ""
        query += "list-type=2&prefix=\(PercentEncoding.encode(prefix.utf8))"
        let page = MarkupText(
            String(decoding: try await exchange("GET", bucket, query: query, limit: 16 << 20), as: UTF8.self))
        let objects = page.elements("Contents").map { entry in
            ListedObject(
                key: entry.text("Key") ?? "", etag: entry.text("ETag") ?? "",
                size: entry.text("Size").flatMap(Int.init) ?? 0,
                modifiedAt: entry.text("LastModified").flatMap { Timestamp(rfc3339: $0) } ?? Timestamp(microseconds: 0),
                storageClass: entry.text("StorageClass") ?? "STANDARD")
        }
        let isTruncated = page.text("IsTruncated") == "true"
        return ObjectPage(objects: objects, continuation: isTruncated ? page.text("NextContinuationToken") : nil)
    }

    package func put(_ object: ObjectAddress, body: [UInt8], contentType: String) async throws(ObjectStoreError) {
        _ = try await exchange(
            "PUT", object.bucket, key: object.key, body: body, contentType: contentType, limit: 1 << 20)
    }

    // MARK: HTTP

    private func exchange(
        _ method: String, _ bucket: String, key: String = "", query: String = "", body: [UInt8] = [],
        contentType: String? = nil, limit: Int
    ) async throws(ObjectStoreError) -> [UInt8] {
        var path = "/" + PercentEncoding.encode(bucket.utf8)
        if !key.isEmpty { path += "/" + PercentEncoding.encode(key.utf8, keepsSlashes: true) }
        var headers: [SignableRequest.Header] = [("Host", host)]
        if let contentType { headers.append(("Content-Type", contentType)) }
        let hash = body.isEmpty ? PayloadHash.empty : PayloadHash.of(body)
        let signable = SignableRequest(method: method, path: path, query: query, headers: headers)
        if let signer {
            let now = SigningTime(seconds: Int64(Date().timeIntervalSince1970))
            headers += signer.sign(signable, payloadHash: hash, at: now)
        }
        var request = HTTPClientRequest(url: endpoint + path + (query.isEmpty ? "" : "?" + query))
        request.method = HTTPMethod(rawValue: method)
        for header in headers { request.headers.replaceOrAdd(name: header.name, value: header.value) }
        if !body.isEmpty { request.body = .bytes(body) }
        let status: Int
        let answer: [UInt8]
        do {
            let response = try await Self.http.execute(request, timeout: .minutes(10))
            status = Int(response.status.code)
            if response.status == .ok, let length = response.headers.first(name: "Content-Length").flatMap(Int.init),
                length > limit
            {
                throw ObjectStoreError(tooLarge: ObjectAddress(bucket: bucket, key: key), limit: limit)
            }
            answer = Array(try await response.body.collect(upTo: limit).readableBytesView)
        } catch let error as ObjectStoreError {
            throw error
        } catch is NIOTooManyBytesError {
            throw ObjectStoreError(tooLarge: ObjectAddress(bucket: bucket, key: key), limit: limit)
        } catch {
            throw ObjectStoreError(
                .unreachable, "The S3 service at \(endpoint) cannot be reached: \(error).")
        }
        guard (200..<300).contains(status) else { throw Self.refusal(status, answer) }
        return answer
    }

    /// In the words of AWS's client.
    private static func refusal(_ status: Int, _ body: [UInt8]) -> ObjectStoreError {
        let answer = MarkupText(String(decoding: body, as: UTF8.self))
        let code: ObjectStoreError.Code =
            switch answer.text("Code") {
            case "NoSuchKey", "NoSuchVersion": .noSuchKey
            case "NoSuchBucket": .noSuchBucket
            case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch": .accessDenied
            default: .refused
            }
        let message = answer.text("Message") ?? "The request was refused."
        let id = answer.text("RequestId").map { ", Request ID: \($0)" } ?? ""
        return ObjectStoreError(code, "\(message) (Service: S3, Status Code: \(status)\(id))")
    }
}
