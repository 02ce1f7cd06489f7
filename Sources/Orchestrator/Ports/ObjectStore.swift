package import JSONValue

/// Port: buckets of objects, as ItemReader reads them and ResultWriter writes them.
///
/// Calls come from any task, several at a time; none of them holds up the engine.
package protocol ObjectStore: Sendable {
    /// The whole object.
    ///
    /// - Parameter limit: Bytes; a larger object is an error, and is not read to its end.
    func get(_ object: ObjectAddress, limit: Int) async throws(ObjectStoreError) -> [UInt8]
    /// The objects whose keys begin with the prefix, in the order of their keys, from the continuation on.
    func list(bucket: String, prefix: String, continuation: String?) async throws(ObjectStoreError) -> ObjectPage
    /// Replaces an object, as a whole or not at all.
    func put(_ object: ObjectAddress, body: [UInt8], contentType: String) async throws(ObjectStoreError)
}

package struct ObjectAddress: Sendable, Hashable {
    package var bucket: String
    package var key: String
    /// Nil for the newest.
    package var version: String?

    package init(bucket: String, key: String, version: String? = nil) {
        self.bucket = bucket
        self.key = key
        self.version = version
    }
}

package struct ObjectPage: Sendable {
    package var objects: [ListedObject]
    /// Nil on the last page.
    package var continuation: String?

    package init(objects: [ListedObject], continuation: String?) {
        self.objects = objects
        self.continuation = continuation
    }
}

package struct ListedObject: Sendable, Hashable {
    package var key: String
    /// In quotes, as S3 writes it.
    package var etag: String
    package var size: Int
    package var modifiedAt: Timestamp
    package var storageClass: String

    package init(key: String, etag: String, size: Int, modifiedAt: Timestamp, storageClass: String = "STANDARD") {
        self.key = key
        self.etag = etag
        self.size = size
        self.modifiedAt = modifiedAt
        self.storageClass = storageClass
    }
}

package struct ObjectStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case noSuchBucket, noSuchKey, accessDenied, tooLarge, unreachable, refused, notConfigured
    }

    package var code: Code
    /// What is wrong, where, and what to do; S3's own words where it said something.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

/// Stands in where no object store was configured: every call says so.
package struct NoObjectStore: ObjectStore {
    package init() {}

    package func get(_ object: ObjectAddress, limit: Int) async throws(ObjectStoreError) -> [UInt8] {
        throw Self.refusal(object.bucket)
    }

    package func list(
        bucket: String, prefix: String, continuation: String?
    ) async throws(ObjectStoreError) -> ObjectPage {
        throw Self.refusal(bucket)
    }

    package func put(_ object: ObjectAddress, body: [UInt8], contentType: String) async throws(ObjectStoreError) {
        throw Self.refusal(object.bucket)
    }

    private static func refusal(_ bucket: String) -> ObjectStoreError {
        ObjectStoreError(
            .notConfigured,
            "There is no bucket '\(bucket)': name a folder that stands for it (--bucket \(bucket)=DIRECTORY), or set "
                + "AWS_ENDPOINT_URL_S3 and the credentials of an S3-compatible service.")
    }
}
