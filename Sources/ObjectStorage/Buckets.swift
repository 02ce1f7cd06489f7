package import Orchestrator

/// Buckets by name: folders that stand for some, and a service for the others.
package struct Buckets: ObjectStore {
    private let folders: [String: FolderBucket]
    private let service: any ObjectStore

    /// - Parameter folders: Paths by the names of the buckets.
    package init(folders: [String: String], service: any ObjectStore) {
        self.folders = folders.mapValues { FolderBucket(path: $0) }
        self.service = service
    }

    private func store(of bucket: String) -> any ObjectStore { folders[bucket] ?? service }

    package func get(_ object: ObjectAddress, limit: Int) async throws(ObjectStoreError) -> [UInt8] {
        try await store(of: object.bucket).get(object, limit: limit)
    }

    package func list(
        bucket: String, prefix: String, continuation: String?
    ) async throws(ObjectStoreError) -> ObjectPage {
        try await store(of: bucket).list(bucket: bucket, prefix: prefix, continuation: continuation)
    }

    package func put(_ object: ObjectAddress, body: [UInt8], contentType: String) async throws(ObjectStoreError) {
        try await store(of: object.bucket).put(object, body: body, contentType: contentType)
    }
}
