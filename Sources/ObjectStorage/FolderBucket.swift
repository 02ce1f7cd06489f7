import Foundation
import JSONValue
import NIOPosix
package import Orchestrator

/// A folder as a bucket: an object's key is its path below the folder. Versions are not kept.
///
/// Blocking calls run on NIO's pool of threads, away from those of tasks.
package struct FolderBucket: ObjectStore {
    private let root: URL

    package init(path: String) { root = URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL }

    package func get(_ object: ObjectAddress, limit: Int) async throws(ObjectStoreError) -> [UInt8] {
        let file = try place(of: object)
        return try await run { () throws(ObjectStoreError) in
            guard let handle = try? FileHandle(forReadingFrom: file) else {
                guard FileManager.default.fileExists(atPath: file.path) else {
                    throw ObjectStoreError(
                        .noSuchKey, "The specified key does not exist: there is no file \(file.path).")
                }
                throw ObjectStoreError(.accessDenied, "Access Denied: the file \(file.path) cannot be read.")
            }
            defer { try? handle.close() }
            do {
                let data = try handle.read(upToCount: limit + 1) ?? Data()
                guard data.count <= limit else { throw ObjectStoreError(tooLarge: object, limit: limit) }
                return Array(data)
            } catch let error as ObjectStoreError {
                throw error
            } catch {
                throw ObjectStoreError(
                    .noSuchKey, "The specified key does not exist: \(file.path) is not a file that can be read.")
            }
        }
    }

    package func list(
        bucket: String, prefix: String, continuation: String?
    ) async throws(ObjectStoreError) -> ObjectPage {
        let root = root
        return try await run { () throws(ObjectStoreError) in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: root.path, isDirectory: &isFolder), isFolder.boolValue else {
                throw ObjectStoreError(
                    .noSuchBucket, "The specified bucket does not exist: there is no folder \(root.path).")
            }
            let keys: Set<URLResourceKey> = [.isRegularFileKey, .fileSizeKey, .contentModificationDateKey]
            let files = FileManager.default.enumerator(
                at: root, includingPropertiesForKeys: Array(keys), options: [.skipsHiddenFiles])
            var objects: [ListedObject] = []
            while let file = files?.nextObject() as? URL {
                guard let values = try? file.resourceValues(forKeys: keys), values.isRegularFile == true else {
                    continue
                }
                let key = String(file.standardizedFileURL.path.dropFirst(root.path.count).drop { $0 == "/" })
                guard key.hasPrefix(prefix) else { continue }
                let modifiedAt = values.contentModificationDate?.timeIntervalSince1970 ?? 0
                let size = values.fileSize ?? 0
                objects.append(
                    ListedObject(
                        key: key, etag: "\"\(String(size, radix: 16))-\(String(Int64(modifiedAt * 1e6), radix: 16))\"",
                        size: size, modifiedAt: Timestamp(microseconds: Int64(modifiedAt * 1e6))))
            }
            objects.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return ObjectPage(objects: objects, continuation: nil)
        }
    }

    package func put(_ object: ObjectAddress, body: [UInt8], contentType: String) async throws(ObjectStoreError) {
        let file = try place(of: object)
        let root = root
        try await run { () throws(ObjectStoreError) in
            guard FileManager.default.fileExists(atPath: root.path) else {
                throw ObjectStoreError(
                    .noSuchBucket, "The specified bucket does not exist: there is no folder \(root.path).")
            }
            do {
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                // Under another name first, so that nobody sees half of it.
                try Data(body).write(to: file, options: .atomic)
            } catch {
                throw ObjectStoreError(
                    .refused, "The file \(file.path) cannot be written: \(error.localizedDescription)")
            }
        }
    }

    /// The file that a key names; never one outside of the folder.
    private func place(of object: ObjectAddress) throws(ObjectStoreError) -> URL {
        let parts = object.key.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." || $0.utf8.contains(0) }) else {
            throw ObjectStoreError(
                .noSuchKey,
                "The specified key does not exist: '\(object.key)' cannot be a file in the folder \(root.path).")
        }
        return parts.reduce(root) { $0.appendingPathComponent(String($1), isDirectory: false) }
    }

    private func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(ObjectStoreError) -> Value
    ) async throws(ObjectStoreError) -> Value {
        let result: Result<Value, ObjectStoreError>
        do {
            result = try await NIOThreadPool.singleton.runIfActive {
                do throws(ObjectStoreError) {
                    return .success(try body())
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw ObjectStoreError(.unreachable, "Interrupted.")
        }
        return try result.get()
    }
}

extension ObjectStoreError {
    init(tooLarge object: ObjectAddress, limit: Int) {
        self.init(
            .tooLarge,
            "The object '\(object.key)' has more than \(limit) bytes, which is as much as Baton reads at once: split it."
        )
    }
}
