import Interpreter
import JSONValue
import StatesLanguage

/// Writes the results of a map run to a bucket: `SUCCEEDED_0.json`, `FAILED_0.json`, …, and `manifest.json`, which names
/// them, below `PREFIX/UUID/`. Written anew after a crash, they are the same objects.
struct ResultExport<Store: ExecutionStore> {
    let run: MapRunRecord
    let results: MapRunPlan.Results
    let destination: MapRunPlan.Results.Destination
    let store: Store
    let objects: any ObjectStore

    /// Bytes after which the next object begins.
    private static var bytesPerObject: Int { 64 << 20 }

    private struct File {
        var kind: String
        var number = 0
        var bytes: [UInt8] = []
        var written: [JSON] = []
    }

    /// - Returns: What the state makes of it: where the manifest is.
    func write() async throws(ResultExportFailure) -> JSON {
        guard !destination.bucket.isEmpty else {
            throw ResultExportFailure(cause: "The ResultWriter's field 'Bucket' must be a text that is not empty.")
        }
        let folder = destination.folder(of: run.arn)
        var files = [File(kind: "FAILED"), File(kind: "PENDING"), File(kind: "SUCCEEDED")]
        var after: Int64 = 0
        while true {
            let children: [ExecutionRecord]
            do throws(StoreError) {
                children = try await store.children(mapRun: run.number, after: after, limit: 200)
            } catch {
                throw ResultExportFailure(cause: error.message)
            }
            guard let last = children.last else { break }
            after = last.identity.key
            for child in children {
                switch child.status {
                case .succeeded: try await add(ResultRecord.values(of: child, results), to: &files[2], folder)
                case .failed, .timedOut: try await add([ResultRecord.make(child)], to: &files[0], folder)
                case .aborted, .running: try await add([ResultRecord.make(child)], to: &files[1], folder)
                }
            }
        }
        for index in files.indices { try await close(&files[index], folder) }
        let manifest: JSON = [
            "DestinationBucket": .string(destination.bucket),
            "MapRunArn": .string(run.arn),
            "ResultFiles": .object(JSONObject(files.map { ($0.kind, .array($0.written)) })),
        ]
        try await put(Array(manifest.serialized().utf8), "\(folder)/manifest.json")
        return destination.details(of: run.arn)
    }

    private func add(_ values: [JSON], to file: inout File, _ folder: String) async throws(ResultExportFailure) {
        for value in values {
            switch results.outputType {
            case .json: file.bytes.append(file.bytes.isEmpty ? UInt8(ascii: "[") : UInt8(ascii: ","))
            case .jsonl: break
            }
            value.serialize(into: &file.bytes)
            if results.outputType == .jsonl { file.bytes.append(0x0A) }
        }
        if file.bytes.count >= Self.bytesPerObject { try await close(&file, folder) }
    }

    private func close(_ file: inout File, _ folder: String) async throws(ResultExportFailure) {
        guard !file.bytes.isEmpty else { return }
        if results.outputType == .json { file.bytes.append(UInt8(ascii: "]")) }
        let key = "\(folder)/\(file.kind)_\(file.number).\(results.outputType == .json ? "json" : "jsonl")"
        try await put(file.bytes, key)
        file.written.append(["Key": .string(key), "Size": .int(Int64(file.bytes.count))])
        file.number += 1
        file.bytes = []
    }

    private func put(_ body: [UInt8], _ key: String) async throws(ResultExportFailure) {
        do throws(ObjectStoreError) {
            try await objects.put(
                ObjectAddress(bucket: destination.bucket, key: key), body: body, contentType: "application/json")
        } catch {
            throw ResultExportFailure(cause: error.message)
        }
    }
}

extension MapRunPlan.Results.Destination {
    func folder(of mapRunARN: String) -> String {
        let id = mapRunARN.split(separator: ":").last.map(String.init) ?? ""
        var prefix = prefix
        while prefix.hasSuffix("/") { prefix.removeLast() }
        return prefix.isEmpty ? id : "\(prefix)/\(id)"
    }

    /// What the state puts out instead of results.
    func details(of mapRunARN: String) -> JSON {
        [
            "MapRunArn": .string(mapRunARN),
            "ResultWriterDetails": [
                "Bucket": .string(bucket), "Key": .string("\(folder(of: mapRunARN))/manifest.json"),
            ],
        ]
    }
}

/// States.ResultWriterFailed.
struct ResultExportFailure: Error {
    let cause: String
}
