import Foundation
import Orchestrator
import Testing

@testable import ObjectStorage

@Suite struct BucketTests {
    private func withBucket(_ body: (FolderBucket, String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("bucket-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(FolderBucket(path: path), path)
    }

    private func code(_ body: () async throws -> Void) async throws -> ObjectStoreError.Code? {
        do {
            try await body()
            return nil
        } catch let error as ObjectStoreError {
            return error.code
        }
    }

    @Test func `a folder holds objects under their keys`() async throws {
        try await withBucket { bucket, _ in
            for key in ["b/2.json", "a.json", "b/1.json"] {
                try await bucket.put(
                    ObjectAddress(bucket: "x", key: key), body: Array(key.utf8), contentType: "application/json")
            }
            let body = try await bucket.get(ObjectAddress(bucket: "x", key: "b/1.json"), limit: 100)
            #expect(String(decoding: body, as: UTF8.self) == "b/1.json")
            let all = try await bucket.list(bucket: "x", prefix: "", continuation: nil).objects
            #expect(all.map(\.key) == ["a.json", "b/1.json", "b/2.json"])
            #expect(all.map(\.size) == [6, 8, 8])
            let some = try await bucket.list(bucket: "x", prefix: "b/", continuation: nil).objects
            #expect(some.map(\.key) == ["b/1.json", "b/2.json"])
        }
    }

    @Test func `no key leads out of the folder, and what is not there or too large says so`() async throws {
        try await withBucket { bucket, path in
            try "secret".write(toFile: path + "-outside", atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(atPath: path + "-outside") }
            let name = (path as NSString).lastPathComponent
            for key in ["../\(name)-outside", "a/../../\(name)-outside", "/etc/passwd", "", ".", "missing", "a//b"] {
                let found = try await code {
                    _ = try await bucket.get(ObjectAddress(bucket: "x", key: key), limit: 100)
                }
                #expect(found == .noSuchKey, "\(key)")
            }
            let object = ObjectAddress(bucket: "x", key: "large")
            try await bucket.put(object, body: Array(repeating: 1, count: 11), contentType: "text/plain")
            #expect(try await code { _ = try await bucket.get(object, limit: 10) } == .tooLarge)
            #expect(try await code { _ = try await bucket.get(object, limit: 11) } == nil)
            let missing = FolderBucket(path: path + "/none")
            #expect(
                try await code { _ = try await missing.list(bucket: "x", prefix: "", continuation: nil) }
                    == .noSuchBucket)
        }
    }

    @Test func `buckets without a folder are the service's`() async throws {
        let buckets = Buckets(folders: [:], service: NoObjectStore())
        let found = try await code { _ = try await buckets.get(ObjectAddress(bucket: "b", key: "k"), limit: 1) }
        #expect(found == .notConfigured)
    }

    @Test func `the service is what AWS's own variables name`() {
        #expect(S3Service.make(region: "r") { _ in nil } == nil)
        #expect(S3Service.make(region: "r") { $0 == "AWS_ENDPOINT_URL" ? "http://localhost:1/" : nil } != nil)
    }

    @Test func `S3's answers are read`() {
        let text = MarkupText(
            "<R><Contents><Key>a&amp;b&#33;</Key><Size>3</Size></Contents><Contents><Key>c</Key></Contents></R>")
        #expect(text.elements("Contents").map { $0.text("Key") } == ["a&b!", "c"])
        #expect(text.text("Size") == "3")
        #expect(text.text("IsTruncated") == nil)
    }
}
